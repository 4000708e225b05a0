import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.pusher.rest.Pusher;
import com.pusher.rest.data.Validity;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Receives the webhooks of the app. The library verifies them. */
final class Webhooks {
    private final Pusher backend;
    private final HttpServer server;
    private final BlockingQueue<String> bodies = new LinkedBlockingQueue<>();
    private String seen = "";

    Webhooks(Pusher backend) throws IOException {
        this.backend = backend;
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 18198), 0);
        server.createContext("/webhooks", this::receive);
        server.start();
    }

    private void receive(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        String key = exchange.getRequestHeaders().getFirst("X-Pusher-Key");
        String signature = exchange.getRequestHeaders().getFirst("X-Pusher-Signature");
        boolean valid = backend.validateWebhookSignature(key, signature, body) == Validity.VALID;
        if (valid) {
            bodies.add(body);
        }
        exchange.sendResponseHeaders(valid ? 200 : 401, -1);
        exchange.close();
    }

    /** Waits for a valid webhook with the event. */
    void await(String event) throws InterruptedException {
        while (!seen.contains(event)) {
            String body = bodies.poll(10, TimeUnit.SECONDS);
            assertNotNull(body, "no webhook with " + event + " in " + seen);
            seen += body;
        }
    }

    void stop() {
        server.stop(0);
    }
}
