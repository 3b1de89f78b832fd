from __future__ import annotations

from gateway.repasse.disjuntor import Disjuntor


class Relogio:
    agora = 0.0

    def __call__(self) -> float:
        return self.agora


def _aberto(relogio: Relogio) -> Disjuntor:
    disjuntor = Disjuntor(3, 30.0, relogio)
    for _ in range(3):
        assert disjuntor.deixa()
        disjuntor.errado()
    return disjuntor


def test_abre_depois_das_falhas_seguidas() -> None:
    """Com três falhas seguidas deixa de chamar."""
    disjuntor = _aberto(Relogio())
    assert (disjuntor.aberto, disjuntor.deixa()) == (True, False)


def test_um_acerto_zera_a_conta() -> None:
    """Falhas que não são seguidas não abrem."""
    disjuntor = Disjuntor(3, 30.0)
    for _ in range(5):
        disjuntor.errado()
        disjuntor.errado()
        disjuntor.certo()
    assert (disjuntor.aberto, disjuntor.deixa()) == (False, True)


def test_passada_a_pausa_deixa_uma_tentativa() -> None:
    """Passada a pausa só uma chamada tenta; as outras ainda não."""
    relogio = Relogio()
    disjuntor = _aberto(relogio)
    relogio.agora = 29.9
    cedo = disjuntor.deixa()
    relogio.agora = 30.0
    assert (cedo, disjuntor.deixa(), disjuntor.deixa()) == (False, True, False)


def test_tentativa_que_da_certo_fecha() -> None:
    """Uma tentativa que dá certo volta a deixar todas."""
    relogio = Relogio()
    disjuntor = _aberto(relogio)
    relogio.agora = 30.0
    disjuntor.deixa()
    disjuntor.certo()
    assert (disjuntor.aberto, disjuntor.deixa(), disjuntor.deixa()) == (False, True, True)


def test_tentativa_que_falha_abre_por_outra_pausa() -> None:
    """Uma tentativa que falha recomeça a pausa inteira."""
    relogio = Relogio()
    disjuntor = _aberto(relogio)
    relogio.agora = 30.0
    disjuntor.deixa()
    disjuntor.errado()
    relogio.agora = 59.9
    cedo = disjuntor.deixa()
    relogio.agora = 60.0
    assert (cedo, disjuntor.deixa()) == (False, True)
