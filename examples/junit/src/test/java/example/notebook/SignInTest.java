package example.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** What an app with a sign-in should be tested for. */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
class SignInTest {
    @RegisterExtension
    static final Standin standin = new Standin();

    @DynamicPropertySource
    static void issuer(DynamicPropertyRegistry properties) {
        properties.add("issuer", standin::issuer);
    }

    @LocalServerPort
    int port;

    /** Keeps cookies and follows redirects; each test has a new one. */
    private final HttpClient browser =
            HttpClient.newBuilder().cookieHandler(new CookieManager()).followRedirects(Redirect.NORMAL).build();

    private HttpResponse<String> visit(String path) throws IOException, InterruptedException {
        var page = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path)).build();
        return browser.send(page, BodyHandlers.ofString());
    }

    private HttpResponse<String> signIn() throws IOException, InterruptedException {
        return visit("/oauth2/authorization/idp");
    }

    @Test
    void bobSignsIn() throws Exception {
        standin.nextLogin(Map.of("as", "bob"));
        assertThat(signIn().body()).contains("Hello, Bob");
        standin.expect("code_redeemed", Map.of("client", "notebook", "user", "bob"));
    }

    @Test
    void claimsDifferForOneSignIn() throws Exception {
        standin.nextLogin(Map.of("as", "alice", "claims", Map.of("name", "Somebody Else")));
        assertThat(signIn().body()).contains("Hello, Somebody Else");
        standin.nextLogin(Map.of("as", "alice"));
        assertThat(signIn().body()).contains("Hello, Alice Adams");
    }

    @Test
    void whoeverSaysNoIsToldSo() throws Exception {
        standin.nextLogin(Map.of("fail", "access_denied"));
        var page = signIn();
        assertThat(page.statusCode()).isEqualTo(403);
        assertThat(page.body()).contains("Sign-in failed", "access_denied");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "idt.nonce.wrong", "idt.sig.corrupt", "idt.sig.other_key", "idt.aud.wrong", "idt.iss.wrong", "idt.exp.past",
        "idt.alg.none", "authz.state.wrong", "ui.sub.differs",
    })
    void noLieIsBelieved(String lie) throws Exception {
        standin.fault(lie);
        standin.nextLogin(Map.of("as", "alice"));
        assertThat(signIn().body()).as("%s was believed", lie).contains("Sign-in failed");
        assertThat(visit("/").body()).contains("Nobody is signed in");
    }

    @Test
    void aRotatedKeyIsFetched() throws Exception {
        standin.nextLogin(Map.of("as", "alice"));
        assertThat(signIn().body()).contains("Hello, Alice");
        standin.fault("jwks.rotate");
        standin.nextLogin(Map.of("as", "bob"));
        assertThat(signIn().body()).contains("Hello, Bob");
    }
}
