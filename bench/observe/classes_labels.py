"""What methods of the generator libraries make: their class of sensitive data by their own documentation, or none.

Methods that are not listed make nothing sensitive. Of those in SKIPPED even a person could not say: they are left out.
"""

import re

CLASSES: dict[str, str] = {
    "email": (
        r"(ascii_|free_|safe_|company_|ascii_free_|ascii_safe_|ascii_company_)?email|person\.email|"
        r"internet\.(email|exampleEmail)"
    ),
    "phone-number": r"(basic_)?phone_number|msisdn|person\.(telephone|phone_number)|phone\.number|phone|phoneNumber",
    "person-name": (
        r"(first|last)_name(_\w+)?|name(_female|_male|_nonbinary)?|person\.(first_name|last_name|full_name|surname|"
        r"firstName|lastName|middleName|fullName|name)|first|last|firstName|lastName|fullName"
    ),
    "username": r"user_name|person\.username|internet\.(username|displayName)|userName",
    "postal-address": (
        r"address|street_address|street_name|secondary_address|address\.(address|street_name|secondary_address)|"
        r"location\.(street|streetAddress|secondaryAddress|postalAddress)|street|streetAddress|streetName|"
        r"fullAddress"
    ),
    "postal-code": r"postcode|postalcode\w*|zipcode\w*|address\.(postal_code|zip_code)|location\.zipCode|zip|postal|zipCode",
    "date-of-birth": r"date_of_birth|dob|birthday|person\.birthdate",
    "payment-card": r"credit_card_number|payment\.credit_card_number|finance\.creditCardNumber|cc|creditCardNumber",
    "card-security-code": r"credit_card_security_code|payment\.(cvv|cid)|finance\.creditCardCVV|creditCardCVV",
    "card-expiry": r"credit_card_expire|payment\.credit_card_expiration_date|exp_month|exp_year",
    "iban": r"iban|finance\.iban",
    "bic": r"swift\d*|finance\.bic|bic",
    "bank-account": r"bban|finance\.accountNumber|account",
    "us-routing-number": r"aba|finance\.routingNumber|routingNumber",
    "vat-number": r"vat_id|vat|it_vat",
    "crypto-wallet": (
        r"payment\.(bitcoin|ethereum)_address|finance\.(bitcoin|ethereum|litecoin)Address|bitcoinAddress|"
        r"ethereumAddress"
    ),
    "password": r"password|person\.password|internet\.password",
    "one-time-code": r"code\.pin|finance\.pin|pin",
    "json-web-token": r"cryptographic\.jwt|internet\.jwt",
    "api-key": r"cryptographic\.api_key",
    "ip-address": r"ipv4(_public|_private)?|ipv6|internet\.(ip_v4|ip_v6|ip|ipv4|ipv6|public_dns|special_ip_v4)|ip",
    "mac-address": r"mac_address|internet\.(mac_address|mac)|mac",
    "device-id": r"code\.imei|phone\.imei",
    "geo-coordinates": r"latitude|longitude|(address|location)\.(latitude|longitude)|coordinates",
    "vehicle-identification": r"vin|vehicle\.vin",
    "licence-plate": r"license_plate|vehicle\.vrm",
    "passport": r"passport_number|mrz",
    "gender": r"passport_gender|person\.(gender|gender_code|gender_symbol|sex|sexType)|gender",
    "nationality": r"person\.nationality|nationality",
    "blood-type": r"person\.blood_type",
    "us-taxpayer-number": r"itin",
    "br-cpf": r"cpf",
    "it-fiscal-code": r"cf",
    "in-aadhaar": r"aadhaar_id|aadhar",
    "il-identity-number": r"israelId",
    "pl-pesel": r"pesel|pl_pesel",
    "es-national-id": r"nie|nif|dni",
    "mx-personal-code": r"curp|rfc",
    "cl-rut": r"rut",
    "cz-birth-number": r"birth_number",
    "ru-personal-number": r"snils",
    "de-pension-insurance-number": r"rvnr",
    "national-id": r"rg",
    "us-social-security-number": r"ssn",
}

SSN_OF_LOCALE = {
    "en_GB": "gb-national-insurance-number",
    "en_CA": "ca-social-insurance-number",
    "de_AT": "at-social-insurance-number",
    "de_CH": "ch-social-security-number",
    "fr_CH": "ch-social-security-number",
    "fr_FR": "fr-social-security-number",
    "it_IT": "it-fiscal-code",
    "nl_NL": "nl-citizen-service-number",
    "nl_BE": "be-national-number",
    "pl_PL": "pl-pesel",
    "pt_BR": "br-cpf",
    "ro_RO": "ro-personal-code",
    "hr_HR": "hr-personal-number",
    "el_GR": "gr-social-security-number",
    "tr_TR": "tr-identity-number",
    "ru_RU": "ru-personal-number",
    "sv_SE": "se-personal-number",
    "no_NO": "no-national-number",
    "fi_FI": "fi-personal-code",
    "et_EE": "baltic-personal-code",
    "he_IL": "il-identity-number",
    "ko_KR": "kr-resident-number",
    "zh_CN": "cn-resident-id",
    "zh_TW": "tw-identity-number",
    "th_TH": "th-identity-number",
    "es_MX": "national-id",
    "uk_UA": "national-id",
    "lv_LV": "national-id",
    "hu_HU": "national-id",
}
"""What `ssn` of Faker makes where it is not the number of the United States."""

SKIPPED = re.compile(
    r"ein|invalid_ssn|passport_full|credit_card_full|company_number|bank_country|simple_profile|profile|cnpj|cif|"
    r"regon|nip|org_id|pl_nip|pl_regon|tin|elector_code|personal_id|HIDN|fbid|android_id|apple_token|wp\d_anid\d?|"
    r"exp|person\.identifier|person\.title|identifier|internet\.dsn|internet\.ip_v4_with_port|internet\.ip_v\d_cidr|"
    r"cryptographic\.(token_\w+|mnemonic_phrase|token_urlsafe)|json|csv|psv|tsv|dsv|fixed_width|avatar|bb_pin|"
    r"gitCommitEntry|geojson|geohash|building_number|address\.street_number|location\.buildingNumber|book\.author|"
    r"singer|movieCharacter|superheroName|science\.(dna|rna)_sequence|twitter|job\w*|person\.occupation|"
    r"person\.(height|weight)|age|word|military_apo|military_dpo|nic_handle|prefix\w*|suffix\w*|user_agent|"
    r"food\.ethnicCategory|string\.\w+|pystr\w*|sequence|text\.answer|path\.\w+|person\.(university|academic_degree|"
    r"bio)|name_(prefix|suffix)|bothify|hexify|lexify|numerify|abn|mask|string|locale|random\w*"
)

TELLING = frozenset(
    [
        "email",
        "ip-address",
        "mac-address",
        "iban",
        "json-web-token",
        "payment-card",
        "gb-national-insurance-number",
        "fr-social-security-number",
        "ch-social-security-number",
        "it-fiscal-code",
        "fi-personal-code",
        "cn-resident-id",
    ]
)
"""Classes whose values tell without a name: those fields are asked a second time under a name that says nothing."""

_PATTERNS = {id_: re.compile(pattern) for id_, pattern in CLASSES.items()}


def label(library: str, method: str) -> str | None:
    """The class, "" for none, None for what is skipped."""
    if method == "ssn" and library.startswith("faker-"):
        return SSN_OF_LOCALE.get(library.removeprefix("faker-"), "us-social-security-number")
    if SKIPPED.fullmatch(method):
        return None
    return next((id_ for id_, pattern in _PATTERNS.items() if pattern.fullmatch(method)), "")
