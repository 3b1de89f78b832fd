<?php
/*
 * Cliente de prestador em PHP, com o SoapClient como ele vem e o WSDL que o gateway serve.
 *
 * Uso: php cliente.php BASE_URL VERSAO MENSAGEM.json
 *
 * A mensagem traz "cabecalho", "loteGuias" e "dadosPrestador" (este, para a consulta de status);
 * "hash" é opcional e, ausente, é calculado aqui. Envia o lote, consulta o protocolo recebido e
 * escreve uma linha JSON: {"protocolo","status"}, {"erro","text"} ou {"fault","text"}.
 * Sai com 0 se houve resposta do padrão, 1 se não houve.
 */

declare(strict_types=1);

ini_set('soap.wsdl_cache_enabled', '0');

/** Junta os textos das folhas, na ordem da mensagem. */
function folhas(array $valores): string
{
    $texto = '';
    foreach ($valores as $valor) {
        $texto .= is_array($valor) ? folhas($valor) : $valor;
    }
    return $texto;
}

/** Hash oficial: MD5 das folhas em ISO-8859-1. */
function hash_tiss(array $cabecalho, array $corpo): string
{
    return md5(iconv('UTF-8', 'ISO-8859-1', folhas($cabecalho) . folhas($corpo)));
}

/** Chama a única operação do serviço. */
function chamar(string $base, string $versao, string $servico, array $mensagem): object
{
    $cliente = new SoapClient("$base/tiss/$versao/$servico?wsdl", [
        'cache_wsdl' => WSDL_CACHE_NONE,
        'connection_timeout' => 30,
        'exceptions' => true,
    ]);
    return $cliente->__soapCall("{$servico}_Operation", [$mensagem]);
}

/** Escreve a linha de resultado. */
function escrever(array $resultado): void
{
    echo json_encode($resultado, JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR), "\n";
}

/** Escreve o mensagemErro que a operadora deu no lugar do que se pediu. */
function escrever_erro(object $motivo): void
{
    escrever(['erro' => $motivo->codigoGlosa, 'text' => $motivo->descricaoGlosa ?? '']);
}

function principal(string $base, string $versao, string $arquivo): void
{
    $dados = json_decode(file_get_contents($arquivo), true, 512, JSON_THROW_ON_ERROR);
    $cabecalho = $dados['cabecalho'];

    $recibo = chamar($base, $versao, 'tissLoteGuias', [
        'cabecalho' => $cabecalho,
        'loteGuias' => $dados['loteGuias'],
        'hash' => $dados['hash'] ?? hash_tiss($cabecalho, $dados['loteGuias']),
    ])->recebimentoLote;
    if (isset($recibo->mensagemErro)) {
        escrever_erro($recibo->mensagemErro);
        return;
    }
    $protocolo = $recibo->protocoloRecebimento->detalheProtocolo->numeroProtocolo;

    $transacao = &$cabecalho['identificacaoTransacao'];
    $transacao['tipoTransacao'] = 'SOLIC_STATUS_PROTOCOLO';
    $transacao['sequencialTransacao'] = (string) ((int) $transacao['sequencialTransacao'] + 1);
    $pergunta = ['dadosPrestador' => $dados['dadosPrestador'], 'numeroProtocolo' => $protocolo];
    $situacao = chamar($base, $versao, 'tissSolicitacaoStatusProtocolo', [
        'cabecalho' => $cabecalho,
        'solicitacaoStatusProtocolo' => $pergunta,
        'hash' => hash_tiss($cabecalho, $pergunta),
    ])->situacaoProtocolo;
    $erro = $situacao->mensagemErro ?? $situacao->situacaoDoProtocolo->lote->mensagemErro ?? null;
    if ($erro !== null) {
        escrever_erro($erro);
        return;
    }
    $lote = $situacao->situacaoDoProtocolo->lote->detalheLote;
    escrever(['protocolo' => $protocolo, 'status' => $lote->statusProtocolo]);
}

if ($argc !== 4) {
    fwrite(STDERR, "uso: php cliente.php BASE_URL VERSAO MENSAGEM.json\n");
    exit(2);
}
try {
    principal($argv[1], $argv[2], $argv[3]);
} catch (SoapFault $falha) {
    $codigo = $falha->detail->tissFaultWS->tissFault ?? null;
    if ($codigo === null) {
        fwrite(STDERR, "{$falha->faultcode}: {$falha->faultstring}\n");
        exit(1);
    }
    escrever(['fault' => $codigo, 'text' => $falha->faultstring]);
}
