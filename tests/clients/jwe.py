"""The judge of what is encrypted: makes keys, decrypts, encrypts. One JSON value comes in, one goes out."""

import json
import sys

from jwcrypto import jwe, jwk


def keys():
    made = [jwk.JWK.generate(kty="RSA", size=2048, kid="rsa", use="enc")]
    made += [jwk.JWK.generate(kty="EC", crv=crv, kid=crv, use="enc") for crv in ("P-256", "P-384", "P-521")]
    both = [{"private": key.export(as_dict=True), "public": key.export_public(as_dict=True)} for key in made]
    return both


def decrypt(asked):
    token = jwe.JWE()
    token.allowed_algs = ["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW", "dir",
                          "A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"]
    token.deserialize(asked["token"], jwk.JWK(**asked["key"]))
    return {"header": token.jose_header, "text": token.payload.decode()}


def encrypt(asked):
    token = jwe.JWE(asked["text"].encode(), json.dumps(asked["header"]))
    token.allowed_algs = [asked["header"]["alg"], asked["header"]["enc"]]
    token.add_recipient(jwk.JWK(**asked["key"]))
    return token.serialize(compact=True)


if __name__ == "__main__":
    command = sys.argv[1]
    if command == "keys":
        said = keys()
    else:
        said = [{"decrypt": decrypt, "encrypt": encrypt}[command](asked) for asked in json.load(sys.stdin)]
    json.dump(said, sys.stdout)
