import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;

/** Envia um arquivo como o fazem os clientes SOAP do Java, e diz o que leu da falha. */
public class Limitado {
    public static void main(String[] args) throws Exception {
        var conexao = (HttpURLConnection) URI.create(args[0]).toURL().openConnection();
        conexao.setRequestMethod("POST");
        conexao.setRequestProperty("Content-Type", "text/xml; charset=utf-8");
        conexao.setDoOutput(true);
        conexao.getOutputStream().write(Files.readAllBytes(Path.of(args[1])));
        int status = conexao.getResponseCode();
        InputStream corpo = status < 400 ? conexao.getInputStream() : conexao.getErrorStream();
        var fabrica = DocumentBuilderFactory.newInstance();
        fabrica.setNamespaceAware(true);
        Document lido = fabrica.newDocumentBuilder().parse(corpo);
        var palavras = lido.getElementsByTagNameNS("http://www.ans.gov.br/padroes/tiss/schemas", "tissFault");
        System.out.println(status + " " + palavras.item(0).getTextContent() + " "
            + conexao.getHeaderField("Retry-After"));
    }
}
