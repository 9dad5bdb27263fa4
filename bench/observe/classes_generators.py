"""Values of Faker and mimesis, one JSON line a method: {library, method, values}. Runs where both are installed.

python classes_generators.py SEED COUNT
"""

import json
import random
import sys
from collections.abc import Callable
from typing import Any

from faker import Faker
from mimesis import Generic
from mimesis.locales import Locale

LOCALES = (  # noqa: SIM905
    "en_US en_GB en_CA en_AU en_IN en_IE en_ZA de_DE de_AT de_CH fr_FR fr_CH es_ES es_MX es_CL es_CO es_AR pt_BR "
    "pt_PT it_IT nl_NL nl_BE pl_PL cs_CZ sk_SK ro_RO bg_BG hr_HR el_GR tr_TR ru_RU uk_UA sv_SE no_NO da_DK fi_FI "
    "et_EE lt_LT lv_LV hu_HU he_IL ja_JP ko_KR zh_CN zh_TW th_TH id_ID ms_MY "
).split()
EVERYWHERE = "ssn phone_number street_address postcode first_name last_name name license_plate iban vat_id"
OWN = (
    "national_id nie nif dni doi cif cpf cnpj rg curp rfc rut pesel nip regon aadhaar_id tckn birth_number personal_id inn snils "
    "personal_identity_code org_id vat_id elector_code natural_person_rut unique_taxpayer_reference nir amka tax_id bsn ssn_us oib "
    "rvnr tin pan_card bvn cuil cuit dob passport_number ahv iin tfn"
)
MIMESIS = (
    "address code cryptographic datetime finance food hardware internet numeric payment person science text transport "
    "development file"
)


def emit(library: str, method: str, make: Callable[[], Any], count: int) -> None:
    try:
        values = [make() for _ in range(count)]
    except Exception:  # noqa: BLE001  # a method that wants arguments, or that this locale lacks
        return
    if all(isinstance(value, str | int | float) and not isinstance(value, bool) for value in values):
        print(json.dumps({"library": library, "method": method, "values": values}))


def main(seed: int, count: int) -> None:
    for locale in LOCALES:
        try:
            fake = Faker(locale)
        except AttributeError:
            continue
        fake.seed_instance(seed)
        if locale == "en_US":
            names = sorted({name for provider in fake.get_providers() for name in dir(provider) if not name.startswith("_")})
        else:
            names = sorted({*EVERYWHERE.split(), *OWN.split()})
        for name in names:
            make = (
                getattr(fake, name, None) if name not in ("seed", "seed_instance", "add_provider", "random", "locale") else None
            )
            if callable(make):
                emit(f"faker-{locale}", name, make, count)
    random.seed(seed)
    for locale in (Locale.EN, Locale.DE, Locale.FR, Locale.ES, Locale.PL, Locale.JA):
        generic = Generic(locale, seed=seed)
        for kind in MIMESIS.split():
            provider = getattr(generic, kind)
            for name in sorted(dir(provider)):
                make = None if name.startswith("_") else getattr(provider, name, None)
                if callable(make):
                    emit(f"mimesis-{locale.value}", f"{kind}.{name}", make, count)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
