"""A demonstração: um gateway de verdade num banco embutido, um ERP e a operadora falando com ele.

Sobe ``tiss-gateway serve`` como processo e percorre a vida de uma conta pelas portas que todos
usam: lotes por zeep a partir do WSDL servido, análise e pagamento pela API, demonstrativos e
impressos, uma mensagem assinada e o arquivo conferido. Onde um valor aparece em mais de um lugar,
tem de ser o mesmo.
"""

from gateway.demonstracao.roteiro import demonstrar

__all__ = ["demonstrar"]
