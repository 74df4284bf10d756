#!/bin/sh
# What an app with a login should be tested for, with nothing but a shell: curl is the browser.
#
#     standin run -- examples/shell/test.sh http://localhost:5000 diary
#
# The app is at $1, is the client $2, and signs in at the provider that STANDIN_URL names. `standin` is on the PATH, or $STANDIN.
set -eu
app=$1
client=$2
standin=${STANDIN:-standin}
cookies=$(mktemp)
trap 'rm -f "$cookies"' EXIT

# A browser that follows every redirect and is asked nothing.
visit() {
    curl -sSL -c "$cookies" -b "$cookies" "$app$1"
}
# A browser that was never here.
new_browser() {
    : > "$cookies"
}
shows() {
    page=$(cat)
    case $page in
        *"$1"*) echo "ok    $2" ;;
        *) echo "wrong $2: no '$1' in: $page" >&2; exit 1 ;;
    esac
}

"$standin" next --as bob --client "$client" > /dev/null
visit /login | shows "Hello, Bob" "bob signs in, and no page is shown"
"$standin" expect code_redeemed client="$client" user=bob --within 5s > /dev/null
echo "ok    the app redeemed his code"

new_browser
"$standin" next --fail access_denied > /dev/null
visit /login | shows "access_denied" "whoever says no is told so"

for lie in idt.nonce.wrong idt.sig.corrupt idt.aud.wrong idt.exp.past authz.state.wrong; do
    new_browser
    "$standin" next --as alice --fault "$lie" > /dev/null
    visit /login | shows "Sign-in failed" "$lie is not believed"
done

# A token for a test of an API, in one line.
token=$("$standin" token --as alice --client ci --scope "openid email")
curl -sS -H "authorization: Bearer $token" "$STANDIN_URL/userinfo" | shows "alice@example.com" "a token without a sign-in"
