"""Numbers by which employers, schools and registers know a person. The name must tell."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity

CLASS = DataClass(
    id="employee-number",
    title="Employee or student number",
    category=Category.IDENTITY,
    severity=Severity.LOW,
    names=phrases(
        "employee number, employee id, employee no, staff number, staff id, personnel number, student id, student "
        "number, matriculation number, personalnummer, badge number, payroll number, worker id, emp id, emp no, staff "
        "no"
    ),
    forms=(Form(pattern=r"(?i)[a-z]{0,5}[-_ ]?\d[a-z0-9/_-]{1,20}"),),
    matches=(Specimen("employeeNumber", "E-10442"), Specimen("student_id", "20211187")),
    passes=(Specimen("employee_count", "120"), Specimen("employeeNumber", "none"), Specimen("id", "E-10442")),
)
