"""CPF numbers of Brazil: nine digits and two check digits modulo 11."""

from yett.formats.checksums import bare, weighted
from yett.model.classes import Category, DataClass, Form, Specimen
from yett.model.rule import Severity
from yett.rules.classes._shared import NATIONAL, TAX


def _is_right(text: str) -> bool:
    number = bare(text)
    first = weighted(number[:9], range(10, 1, -1)) * 10 % 11 % 10
    second = weighted(number[:10], range(11, 1, -1)) * 10 % 11 % 10
    return len(set(number)) > 1 and (first, second) == (int(number[9]), int(number[10]))


CLASS = DataClass(
    id="br-cpf",
    title="Brazilian CPF",
    category=Category.IDENTITY,
    severity=Severity.HIGH,
    countries=("BR",),
    broader="national-id",
    names=("cpf", "cpf number", "numero cpf"),
    hints=NATIONAL + TAX + ("documento", "cpf cnpj"),
    forms=(
        Form(pattern=r"\d{3}\.\d{3}\.\d{3}-\d{2}", check=_is_right, chance=0.001),
        Form(pattern=r"\d{11}", check=_is_right, chance=0.01),
    ),
    references=("https://www.gov.br/receitafederal/pt-br/assuntos/meu-cpf",),
    matches=(Specimen("cpf", "529.982.247-25"), Specimen("value", "529.982.247-25"), Specimen("documento", "52998224725")),
    passes=(Specimen("value", "529.982.247-26"), Specimen("documento", "11111111111")),
)
