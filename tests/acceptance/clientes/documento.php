<?php
/*
 * Envia um documento com o SoapClient do PHP como ele vem e o WSDL que o gateway serve.
 *
 * Uso: php documento.php BASE_URL VERSAO MENSAGEM.json ARQUIVO
 *
 * A mensagem traz "cabecalho" e "envioDOcumento" sem o documento, que se lê do ARQUIVO. Escreve uma
 * linha JSON: {"protocolo"}, {"erro","text"} ou {"fault","text"}.
 */

declare(strict_types=1);

ini_set('soap.wsdl_cache_enabled', '0');
ini_set('memory_limit', '1G');

/** Junta os textos das folhas, na ordem da mensagem. */
function folhas(array $valores): string
{
    $texto = '';
    foreach ($valores as $valor) {
        $texto .= is_array($valor) ? folhas($valor) : $valor;
    }
    return $texto;
}

[, $base, $versao, $mensagem, $arquivo] = $argv;
$dados = json_decode(file_get_contents($mensagem), true, 512, JSON_THROW_ON_ERROR);
$conteudo = file_get_contents($arquivo);
$no_hash = $dados['envioDOcumento'];
$no_hash['documento'] = base64_encode($conteudo);
$no_fio = $dados['envioDOcumento'];
// o SoapClient codifica ele mesmo o que o esquema diz ser base64
$no_fio['documento'] = $conteudo;
try {
    $cliente = new SoapClient("$base/tiss/$versao/tissEnvioDocumentos?wsdl", [
        'cache_wsdl' => WSDL_CACHE_NONE,
        'exceptions' => true,
    ]);
    $recibo = $cliente->__soapCall('tissEnvioDocumentos_Operation', [[
        'cabecalho' => $dados['cabecalho'],
        'envioDOcumento' => $no_fio,
        'hash' => md5(iconv('UTF-8', 'ISO-8859-1', folhas($dados['cabecalho']) . folhas($no_hash))),
    ]])->recebimentoDocumento;
    $saida = isset($recibo->mensagemErro)
        ? ['erro' => $recibo->mensagemErro->codigoGlosa, 'text' => $recibo->mensagemErro->descricaoGlosa ?? '']
        : ['protocolo' => $recibo->reciboDocumentos->protocoloDoc];
} catch (SoapFault $falha) {
    $saida = ['fault' => $falha->detail->tissFaultWS->tissFault ?? '', 'text' => $falha->faultstring];
}
echo json_encode($saida, JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR), "\n";
