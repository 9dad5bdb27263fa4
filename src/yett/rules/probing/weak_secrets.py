"""Secrets that nobody should sign with: ordinary words, what tutorials and templates write, and simple changes of them.

The words are those that a person types when a configuration asks for "a secret". Guessing is offline: a few ten thousand tries
cost the target nothing and us some 50 ms. It must not know what the secrets are tried on.
"""

from collections.abc import Iterator

_TEXT = (
    "secret secrets secretkey secret_key secret-key mysecret mysecretkey my_secret my_secret_key my-secret-key mykey key keys "
    "supersecret supersecretkey super_secret super_secret_key super-secret super-secret-key topsecret top_secret verysecret "
    "very_secret notsosecret not_so_secret yoursecret your_secret your-secret your_secret_key your-secret-key yoursecretkey "
    "your-256-bit-secret your-384-bit-secret your-512-bit-secret jwt jwtsecret jwt_secret jwt-secret jwtkey jwt_key "
    "jwt_secret_key jwtsecretkey jwt-secret-key mysupersecret mysupersecretkey my_super_secret token tokensecret token_secret "
    "accesstokensecret access_token_secret refreshtokensecret sharedsecret shared_secret appsecret app_secret app-secret "
    "auth authsecret auth_secret authkey session sessionsecret session_secret signature signing signingkey signing_key sign "
    "signkey private privatekey private_key public crypto cipher hash salt hmac hs256 HS256 sha256 signer issuer bearer oauth "
    "password passwd pass passphrase passw0rd p@ssw0rd P@ssw0rd pwd admin administrator root user guest test testing tester "
    "test_secret testsecret testkey test_key demo example sample default defaultsecret default_secret dev development devsecret "
    "dev_secret dev-secret devkey staging stage prod production prodsecret local localhost debug changeme change_me change-me "
    "changethis change_this changeit change-it changeme123 replaceme replace_me replace-me todo fixme tbd none null undefined nil "
    "empty blank unknown random randomsecret random_secret randomkey string str text foo bar baz foobar qux hello helloworld "
    "hello_world world api apikey api_key api-key apisecret api_secret app application server service backend frontend web website "
    "client database db master masterkey master_key system security secure secured unsafe insecure unsecure vulnerable weak strong "
    "simple easy flask flasksecret django express node nodejs nestjs fastapi laravel spring springboot rails golang python java "
    "javascript php company project keyboard qwerty qwertyuiop asdf asdfgh asdfghjkl zxcvbn zxcvbnm abc abcd abcdef abc123 "
    "a b x letmein welcome monkey dragon sunshine princess football baseball iloveyou trustno1 shadow superman batman master "
    "whatever computer internet cookie coffee summer winter spring autumn mustang access login logmein gateway iamsecret "
    "this_is_a_secret thisisasecret this-is-a-secret thisismysecret this_is_my_secret itsasecret its_a_secret shhh shhhh shh "
    "shhhhh keepitsecret keep_it_secret donttellanyone dont_tell nobodyknows sesame opensesame open_sesame swordfish xyzzy plugh"
)
_WORDS = tuple(_TEXT.split())

_PHRASES = (
    "my secret",
    "my secret key",
    "super secret",
    "super secret key",
    "top secret",
    "this is a secret",
    "this is a secret key",
    "this is my secret",
    "secret key",
    "your secret",
    "your secret key",
    "shared secret",
    "keyboard cat",
    "open sesame",
    "hello world",
    "change me",
    "the secret",
    "a secret",
    "not secret",
    "jwt secret",
    "correct horse battery staple",
)
_BARE = (
    *(
        "",
        " ",
        "0",
        "1",
        "12",
        "123",
        "1234",
        "12345",
        "123456",
        "1234567",
        "12345678",
        "123456789",
        "1234567890",
        "0123456789",
    ),
    *(
        "111111",
        "000000",
        "123123",
        "654321",
        "987654321",
        "0000",
        "1111",
        "00000000",
        "11111111",
        "123321",
        "666666",
        "112233",
    ),
    *("0" * 32, "0" * 64, "a" * 32, "x" * 32, "\x00" * 16, "\x00" * 32, "0123456789abcdef", "deadbeef", "cafebabe"),
    *("1234567890123456", "12345678901234567890123456789012", "abcdefghijklmnopqrstuvwxyz", "0123456789abcdef0123456789abcdef"),
)
_ENDINGS = (
    "1",
    "12",
    "123",
    "1234",
    "12345",
    "123456",
    "!",
    "!!",
    "@123",
    "#1",
    "_key",
    "-key",
    "key",
    "_secret",
    "-secret",
    "secret",
)
_LONGEST_OWN = 40


def weak_secrets(own: tuple[str, ...] = ()) -> Iterator[bytes]:
    """Secrets to try, the likeliest first, some 20,000. own: names of the target (its title, its users), tried like the words."""
    seen: set[str] = set()
    words = (*_WORDS, *(one for name in own for one in (name, name.lower()) if 0 < len(one) <= _LONGEST_OWN))
    for word in (*_BARE, *words, *_PHRASES, *_changed(words)):
        if word not in seen:
            seen.add(word)
            yield word.encode()


def _changed(words: tuple[str, ...]) -> Iterator[str]:
    for word in words:
        forms = (word, word.capitalize(), word.upper())
        yield from forms[1:]
        yield from (form + ending for ending in _ENDINGS for form in forms)
        yield from (f"my{word}", f"my_{word}", f"my-{word}", f"the{word}", f"jwt-{word}", f"{word}{word}", word[::-1])
