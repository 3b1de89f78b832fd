"""Um gateway para os testes de quem faz o lado do prestador: nada a cadastrar, nada que fique.

É o mesmo programa do gateway de verdade, com os assuntos embrulhados por cenários.
"""
