import java.io.ByteArrayInputStream;
import java.io.File;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import javax.xml.XMLConstants;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.validation.Schema;
import javax.xml.validation.SchemaFactory;
import javax.xml.validation.Validator;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/** Lê, confere pelo esquema, resume e verifica uma mensagem, só com o que vem no JDK. */
public final class Pares {
    private static final String TISS = "http://www.ans.gov.br/padroes/tiss/schemas";

    private Pares() {}

    /** Argumentos: esquema, mensagem, certificado ou "-", segundos de aquecimento, de medida. */
    public static void main(String[] args) throws Exception {
        Schema esquema =
                SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI)
                        .newSchema(new File(args[0]));
        byte[] dados = Files.readAllBytes(Path.of(args[1]));
        PublicKey chave = "-".equals(args[2]) ? null : chave(Path.of(args[2]));
        DocumentBuilderFactory fabrica = DocumentBuilderFactory.newInstance();
        fabrica.setNamespaceAware(true);
        fabrica.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        DocumentBuilder leitor = fabrica.newDocumentBuilder();
        correr(leitor, esquema, dados, chave, Double.parseDouble(args[3]));
        long antes = processador();
        long feitas = correr(leitor, esquema, dados, chave, Double.parseDouble(args[4]));
        // dois números: mensagens e segundos de processador, os do JIT e do lixo incluídos
        System.out.printf("%d %.6f%n", feitas, (processador() - antes) / 1e9);
    }

    private static PublicKey chave(Path arquivo) throws Exception {
        try (var entrada = Files.newInputStream(arquivo)) {
            return CertificateFactory.getInstance("X.509")
                    .generateCertificate(entrada)
                    .getPublicKey();
        }
    }

    private static long processador() {
        return ((com.sun.management.OperatingSystemMXBean)
                        ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    private static long correr(
            DocumentBuilder leitor, Schema esquema, byte[] dados, PublicKey chave, double segundos)
            throws Exception {
        // de processador, e não de relógio: outros podem estar a usar a máquina
        long fim = processador() + (long) (segundos * 1e9);
        long feitas = 0;
        while (processador() < fim) {
            uma(leitor, esquema, dados, chave);
            feitas++;
        }
        return feitas;
    }

    private static void uma(DocumentBuilder leitor, Schema esquema, byte[] dados, PublicKey chave)
            throws Exception {
        Document documento = leitor.parse(new ByteArrayInputStream(dados));
        Element mensagem = documento.getDocumentElement();
        if (chave != null) {
            Node assinatura =
                    mensagem.getElementsByTagNameNS(XMLSignature.XMLNS, "Signature").item(0);
            DOMValidateContext contexto = new DOMValidateContext(chave, assinatura);
            if (!XMLSignatureFactory.getInstance("DOM")
                    .unmarshalXMLSignature(contexto)
                    .validate(contexto)) {
                throw new IllegalStateException("a assinatura não confere");
            }
            mensagem.removeChild(assinatura);
        }
        Validator conferente = esquema.newValidator();
        conferente.validate(new DOMSource(documento));
        StringBuilder textos = new StringBuilder();
        Element informado = null;
        for (Node n = mensagem.getFirstChild(); n != null; n = n.getNextSibling()) {
            if (n instanceof Element parte) {
                if ("hash".equals(parte.getLocalName())) {
                    informado = parte;
                } else {
                    juntar(parte, textos);
                }
            }
        }
        byte[] resumo =
                MessageDigest.getInstance("MD5")
                        .digest(textos.toString().getBytes(StandardCharsets.ISO_8859_1));
        StringBuilder hexa = new StringBuilder();
        for (byte b : resumo) {
            hexa.append(String.format("%02x", b));
        }
        if (informado == null || !hexa.toString().equals(informado.getTextContent())) {
            throw new IllegalStateException("o hash não confere");
        }
    }

    private static void juntar(Element elemento, StringBuilder textos) {
        boolean folha = true;
        for (Node n = elemento.getFirstChild(); n != null; n = n.getNextSibling()) {
            if (n instanceof Element filho) {
                folha = false;
                juntar(filho, textos);
            }
        }
        if (folha) {
            textos.append(elemento.getTextContent());
        }
    }
}
