package example.notebook;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** A small app with a sign-in and an API, as many are: {@code ISSUER=http://localhost:7760 mvn spring-boot:run}. */
@SpringBootApplication
public class Notebook {
    public static void main(String[] args) {
        SpringApplication.run(Notebook.class, args);
    }
}
