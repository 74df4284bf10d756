package example.notebook;

import static org.springframework.security.config.Customizer.withDefaults;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.web.DefaultOAuth2AuthorizationRequestResolver;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizationRequestCustomizers;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizationRequestResolver;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.util.HtmlUtils;

/** Who may come in, and how: people sign in, programs bring a token. */
@Configuration
class Security {
    @Bean
    @Order(1)
    SecurityFilterChain programs(HttpSecurity http) throws Exception {
        return http.securityMatcher("/api/**")
                .authorizeHttpRequests(may -> may.anyRequest().hasAuthority("SCOPE_notes:read"))
                .oauth2ResourceServer(api -> api.jwt(withDefaults()))
                // Whoever is signed in at the pages has no token yet.
                .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .build();
    }

    @Bean
    SecurityFilterChain people(HttpSecurity http) throws Exception {
        return http.authorizeHttpRequests(may -> may.requestMatchers("/").permitAll().anyRequest().authenticated())
                .oauth2Login(login -> login.failureHandler(Security::signInFailed))
                .build();
    }

    /** Spring leaves PKCE out where a client has a secret. */
    @Bean
    OAuth2AuthorizationRequestResolver withPkce(ClientRegistrationRepository clients) {
        var resolver = new DefaultOAuth2AuthorizationRequestResolver(clients, "/oauth2/authorization");
        resolver.setAuthorizationRequestCustomizer(OAuth2AuthorizationRequestCustomizers.withPkce());
        return resolver;
    }

    private static void signInFailed(
            HttpServletRequest request, HttpServletResponse response, AuthenticationException problem) throws IOException {
        response.setStatus(HttpServletResponse.SC_FORBIDDEN);
        response.setContentType("text/html;charset=utf-8");
        String why = HtmlUtils.htmlEscape(String.valueOf(problem.getMessage()));
        response.getWriter().write("<h1>Sign-in failed</h1><p>" + why + "</p><a href=\"/\">Back</a>");
    }
}
