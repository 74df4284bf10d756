"""A small app with a login, as many are: Flask, and Authlib for OpenID Connect.

    ISSUER=http://localhost:7760 PORT=5000 python app.py
"""

import os

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session, url_for
from joserfc.errors import JoseError
from markupsafe import escape

app = Flask(__name__)
app.secret_key = os.environ.get("SECRET", "only for this example")
# Cookies do not keep the ports of localhost apart: an app's cookie needs a name of its own.
app.config["SESSION_COOKIE_NAME"] = f"diary-{os.environ.get('PORT', '5000')}"

oauth = OAuth(app)
oauth.register(
    "idp",
    client_id="diary",
    client_secret="diary-secret",
    server_metadata_url=f"{os.environ['ISSUER']}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
)


@app.get("/")
def home():
    user = session.get("user")
    if not user:
        return '<p>Nobody is signed in.</p><a href="/login">Sign in</a>'
    return f"<h1>Hello, {escape(user.get('name', user['sub']))}</h1><p>{escape(user.get('email', 'no email'))}</p>"


@app.get("/login")
def login():
    return oauth.idp.authorize_redirect(url_for("callback", _external=True))


@app.get("/callback")
def callback():
    try:
        token = oauth.idp.authorize_access_token()
    except (OAuthError, JoseError, ValueError) as problem:
        session.clear()
        return f"<h1>Sign-in failed</h1><p>{escape(problem)}</p>", 403
    session["user"] = token["userinfo"] | dict(oauth.idp.userinfo(token=token))
    return redirect("/")


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "5000")), threaded=True)
