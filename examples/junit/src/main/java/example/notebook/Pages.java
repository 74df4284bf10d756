package example.notebook;

import static org.springframework.http.MediaType.TEXT_HTML_VALUE;

import java.util.List;
import java.util.Objects;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.HtmlUtils;

@RestController
class Pages {
    @GetMapping(path = "/", produces = TEXT_HTML_VALUE)
    String home(@AuthenticationPrincipal OidcUser user) {
        if (user == null) {
            return "<p>Nobody is signed in.</p><a href=\"/oauth2/authorization/idp\">Sign in</a>";
        }
        String name = Objects.requireNonNullElse(user.getFullName(), user.getSubject());
        return "<h1>Hello, " + HtmlUtils.htmlEscape(name) + "</h1>";
    }

    @GetMapping("/api/notes")
    List<String> notes(@AuthenticationPrincipal Jwt token) {
        return List.of("the first note of " + token.getSubject());
    }
}
