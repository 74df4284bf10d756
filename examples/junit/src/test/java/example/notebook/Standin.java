package example.notebook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import java.util.StringJoiner;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A test class's own provider: a realm, new again before each test, and what a test tells it and asks it. */
final class Standin implements BeforeAllCallback, BeforeEachCallback {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http = HttpClient.newHttpClient();
    private String realm;
    private String issuer;

    @Override
    public void beforeAll(ExtensionContext context) {
        if (realm != null) {
            return; // A nested class, or another one that inherits this, is in the same realm.
        }
        String name = context.getRequiredTestClass().getSimpleName() + "-" + ProcessHandle.current().pid();
        // Spring keeps the app until all tests are over, so the realm stays as well, and closes by itself.
        issuer = call("/realms", Map.of("name", name, "ttl", "1h")).get("issuer").asText();
        realm = "/realms/" + name;
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        call(realm + "/reset", Map.of());
    }

    String issuer() {
        return issuer;
    }

    void nextLogin(Map<String, ?> login) {
        call(realm + "/next-logins", login);
    }

    void fault(String name) {
        call(realm + "/faults", Map.of("name", name));
    }

    /** Waits until it has happened; if it has not, the test fails and says what came instead. */
    void expect(String event, Map<String, ?> where) {
        call(realm + "/expect", Map.of("event", event, "where", where, "within", "5s"));
    }

    /** A token for a test of an API, without a sign-in. */
    String token(Map<String, ?> wanted) {
        return call(realm + "/tokens", wanted).get("token").asText();
    }

    private JsonNode call(String path, Map<String, ?> body) {
        String url = System.getenv("STANDIN_URL");
        if (url == null) {
            throw new IllegalStateException("STANDIN_URL is not set: run `standin run -- mvn test`");
        }
        try {
            var request = HttpRequest.newBuilder(URI.create(url + "/_control/v1" + path))
                    .header("content-type", "application/json")
                    .POST(BodyPublishers.ofString(JSON.writeValueAsString(body)));
            String token = System.getenv("STANDIN_CONTROL_TOKEN");
            if (token != null) {
                request.header("authorization", "Bearer " + token);
            }
            HttpResponse<String> answer = http.send(request.build(), BodyHandlers.ofString());
            JsonNode said = JSON.readTree(answer.body());
            if (answer.statusCode() < 400) {
                return said;
            }
            // What was expected and did not happen fails the test; any other refusal is a mistake in the test.
            if (said.has("near_misses") || said.path("type").asText().endsWith("expectation-not-met")) {
                throw new AssertionError(sentence(said));
            }
            throw new IllegalArgumentException(sentence(said));
        } catch (IOException problem) {
            throw new UncheckedIOException("Standin at " + url + " did not answer", problem);
        } catch (InterruptedException problem) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(problem);
        }
    }

    private static String sentence(JsonNode problem) {
        var sentence = new StringJoiner("\n  ");
        String field = problem.has("field") ? problem.get("field").asText() + ": " : "";
        sentence.add(field + problem.path("detail").asText());
        problem.path("near_misses").forEach(miss -> sentence.add(miss.asText()));
        return sentence.toString();
    }
}
