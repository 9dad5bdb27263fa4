"""What a person earns or owns: salaries, wages, income, credit scores. Only the name tells."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="income",
    title="Income or credit standing",
    category=Category.FINANCE,
    severity=Severity.HIGH,
    names=phrases(
        "salary, base salary, annual salary, wage, hourly wage, income, annual income, monthly income, household "
        "income, gross income, net income personal, credit score, fico, fico score, net worth, gehalt, salario, "
        "salaire, yearly income, gross salary, net salary, compensation, remuneration"
    ),
    forms=(Form(pattern=r"(?i)(?:[$€£¥₹]|[a-z]{3})? ?-?\d{1,3}(?:[ ,.']?\d{3})*(?:[.,]\d{1,4})?(?: ?(?:[$€£¥₹k]|[a-z]{3}))?"),),
    matches=(Specimen("salary", 72000), Specimen("annualIncome", "EUR 54,000"), Specimen("creditScore", 710)),
    passes=(Specimen("salary_range_id", "1"), Specimen("income_type", "gross"), Specimen("price", 72000)),
)
