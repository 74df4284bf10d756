package example.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** What an API that takes tokens should be tested for. */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
class NotesTest {
    @RegisterExtension
    static final Standin standin = new Standin();

    @DynamicPropertySource
    static void issuer(DynamicPropertyRegistry properties) {
        properties.add("issuer", standin::issuer);
    }

    @LocalServerPort
    int port;

    private HttpResponse<String> notes(String token) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/api/notes"))
                .header("authorization", "Bearer " + token)
                .build();
        return HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    }

    @Test
    void aTokenWithTheScopeReads() throws Exception {
        var answer = notes(standin.token(Map.of("as", "alice", "client", "ci", "scope", "notes:read")));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).contains("note of alice");
    }

    @Test
    void aTokenWithoutTheScopeDoesNot() throws Exception {
        var answer = notes(standin.token(Map.of("as", "alice", "client", "ci", "scope", "notes:write")));
        assertThat(answer.statusCode()).isEqualTo(403);
    }

    @Test
    void aSignatureOfAnotherTokenIsRefused() throws Exception {
        String reads = standin.token(Map.of("as", "alice", "client", "ci", "scope", "notes:read"));
        String writes = standin.token(Map.of("as", "alice", "client", "ci", "scope", "notes:write"));
        String altered = reads.substring(0, reads.lastIndexOf('.')) + writes.substring(writes.lastIndexOf('.'));
        assertThat(notes(altered).statusCode()).isEqualTo(401);
    }

    @Test
    void anExpiredTokenIsRefused() throws Exception {
        var longAgo = Map.of("iat", 1_000_000_000, "exp", 1_000_003_600);
        var answer = notes(standin.token(Map.of("as", "alice", "client", "ci", "scope", "notes:read", "claims", longAgo)));
        assertThat(answer.statusCode()).isEqualTo(401);
    }
}
