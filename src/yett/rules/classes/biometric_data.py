"""Biometric templates and genetic data: fingerprints, faces, voices, DNA. They cannot be changed once they are known."""

from yett.model.classes import Category, DataClass, Form, Specimen, phrases
from yett.model.rule import Severity


def _is_template(text: str) -> bool:
    return len(set(text)) >= 8


CLASS = DataClass(
    id="biometric-data",
    title="Biometric or genetic data",
    category=Category.SPECIAL,
    severity=Severity.CRITICAL,
    names=(),
    hints=phrases(
        "fingerprint template, fingerprint data, face template, face embedding, face encoding, facial data, "
        "biometric, biometric data, biometric template, iris scan, iris template, voiceprint, voice print, dna, dna "
        "sequence, genome, faceprint, retina scan, palm print, minutiae, genetic data, face vector"
    ),
    forms=(Form(pattern=r"(?s).{16}.*", check=_is_template),),
    references=("https://eur-lex.europa.eu/eli/reg/2016/679/oj",),
    matches=(
        Specimen("fingerprintTemplate", "Rk1SACAyMAAAAADkAAABAAFoAMQAxAEAAAAUIoCcAHyk"),
        Specimen("faceEmbedding", "0.1183,-0.0471,0.2210,0.0034"),
    ),
    passes=(
        Specimen("fingerprint", "d41d8cd98f00b204e9800998ecf8427e", "of a key or a file"),
        Specimen("biometric_enabled", "yes"),
        Specimen("biometric", "supported"),
    ),
)
