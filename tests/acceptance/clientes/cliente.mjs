/*
 * Cliente de prestador em Node, com o pacote soap como ele vem e o WSDL que o gateway serve.
 *
 * Uso: NODE_SOAP_DIR=PASTA node cliente.mjs BASE_URL VERSAO MENSAGEM.json
 *
 * PASTA é onde `npm install soap` foi feito. A mensagem traz "cabecalho", "loteGuias" e
 * "dadosPrestador" (este, para a consulta de status); "hash" é opcional e, ausente, é calculado
 * aqui. Envia o lote, consulta o protocolo recebido e escreve uma linha JSON:
 * {"protocolo","status"}, {"erro","text"} ou {"fault","text"}.
 * Sai com 0 se houve resposta do padrão, 1 se não houve.
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [base, versao, arquivo] = process.argv.slice(2);
if (!arquivo || !process.env.NODE_SOAP_DIR) {
  console.error("uso: NODE_SOAP_DIR=PASTA node cliente.mjs BASE_URL VERSAO MENSAGEM.json");
  process.exit(2);
}
const soap = createRequire(join(process.env.NODE_SOAP_DIR, "package.json"))("soap");

/** Junta os textos das folhas, na ordem da mensagem. */
function folhas(valor) {
  return typeof valor === "object" ? Object.values(valor).map(folhas).join("") : valor;
}

/** Hash oficial: MD5 das folhas em ISO-8859-1. */
function hashTiss(cabecalho, corpo) {
  const texto = folhas(cabecalho) + folhas(corpo);
  return createHash("md5").update(Buffer.from(texto, "latin1")).digest("hex");
}

/** Chama a única operação do serviço. */
async function chamar(servico, mensagem) {
  const cliente = await soap.createClientAsync(`${base}/tiss/${versao}/${servico}?wsdl`, {
    disableCache: true,
  });
  const [resposta] = await cliente[`${servico}_OperationAsync`](mensagem);
  return resposta;
}

/** O mensagemErro da operadora como resultado. */
function comoErro(motivo) {
  return { erro: motivo.codigoGlosa, text: motivo.descricaoGlosa ?? "" };
}

async function principal() {
  const { cabecalho, loteGuias, dadosPrestador, hash } = JSON.parse(readFileSync(arquivo, "utf8"));

  const { recebimentoLote } = await chamar("tissLoteGuias", {
    cabecalho,
    loteGuias,
    hash: hash ?? hashTiss(cabecalho, loteGuias),
  });
  if (recebimentoLote.mensagemErro) return comoErro(recebimentoLote.mensagemErro);
  const protocolo = recebimentoLote.protocoloRecebimento.detalheProtocolo.numeroProtocolo;

  const transacao = cabecalho.identificacaoTransacao;
  transacao.tipoTransacao = "SOLIC_STATUS_PROTOCOLO";
  transacao.sequencialTransacao = String(Number(transacao.sequencialTransacao) + 1);
  const pergunta = { dadosPrestador, numeroProtocolo: String(protocolo) };
  const { situacaoProtocolo } = await chamar("tissSolicitacaoStatusProtocolo", {
    cabecalho,
    solicitacaoStatusProtocolo: pergunta,
    hash: hashTiss(cabecalho, pergunta),
  });
  const lote = situacaoProtocolo.situacaoDoProtocolo?.lote;
  const erro = situacaoProtocolo.mensagemErro ?? lote?.mensagemErro;
  if (erro) return comoErro(erro);
  return { protocolo: String(protocolo), status: String(lote.detalheLote.statusProtocolo) };
}

try {
  console.log(JSON.stringify(await principal()));
} catch (falha) {
  const fault = falha.root?.Envelope?.Body?.Fault;
  const codigo = fault?.detail?.tissFaultWS?.tissFault;
  if (!codigo) {
    console.error(falha.message);
    process.exit(1);
  }
  console.log(JSON.stringify({ fault: codigo, text: fault.faultstring }));
}
