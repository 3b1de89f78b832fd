"""Uma mensagem TISS: leitura endurecida, cabeçalho, contrato, hash, erros e resposta.

Sem HTTP ou banco.
"""
