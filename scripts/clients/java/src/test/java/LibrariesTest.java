import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.pusher.client.PusherOptions;
import com.pusher.rest.Pusher;
import com.pusher.rest.data.Event;
import com.pusher.rest.data.PresenceUser;
import com.pusher.rest.data.Result;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Unmodified libraries for Java against plenum: pusher-http-java for back ends, and pusher-java-client for clients. */
class LibrariesTest {
    private static final String KEY = "key-of-the-tests-in-java";
    private static final String SECRET = "secret-of-the-tests-in-java";
    private static final String[] NODES = System.getenv().getOrDefault("PLENUM", "127.0.0.1:8080").split(",");
    private static final Pusher backend = backendWith(SECRET);

    private static Webhooks webhooks;

    private final List<Client> clients = new ArrayList<>();

    private static Pusher backendWith(String secret) {
        Pusher pusher = new Pusher("8", KEY, secret, Base64.getEncoder().encodeToString(new byte[32]));
        pusher.setHost(NODES[NODES.length - 1]);
        return pusher;
    }

    @BeforeAll
    static void receiveWebhooks() throws IOException {
        webhooks = new Webhooks(backend);
    }

    @AfterAll
    static void stopReceiving() {
        webhooks.stop();
    }

    /**
     * Returns a client that is not connected yet. Clients use the nodes in turn. A test subscribes before it connects: the library
     * subscribes to all its channels when the connection opens, and a channel that is added at that moment is subscribed twice.
     */
    private Client client(String id) {
        PusherOptions options = new PusherOptions()
                .setChannelAuthorizer((channel, socket) -> authorize(channel, socket, id))
                .setUserAuthenticator(socket -> Signature.ofUser(KEY, SECRET, socket, id));
        Client client = new Client(NODES[clients.size() % NODES.length], KEY, options);
        clients.add(client);
        return client;
    }

    private static String authorize(String channel, String socket, String id) {
        if (channel.startsWith("presence-")) {
            return backend.authenticate(socket, channel, new PresenceUser(id, Map.of("name", "user " + id)));
        }
        return backend.authenticate(socket, channel);
    }

    @AfterEach
    void disconnect() {
        clients.forEach(client -> client.pusher.disconnect());
    }

    private static void succeeds(Result result) {
        assertEquals(Result.Status.SUCCESS, result.getStatus(), result.getMessage());
    }

    private static String get(String path, Map<String, String> parameters) {
        Result result = backend.get(path, parameters);
        succeeds(result);
        return result.getMessage().trim();
    }

    /** Repeats a request until its answer is right. In a cluster, a node learns the counts of the others up to a second later. */
    private static void answers(String want, String path, Map<String, String> parameters) throws InterruptedException {
        String got = get(path, parameters);
        for (int i = 0; i < 500 && !got.equals(want); i++) {
            Thread.sleep(20);
            got = get(path, parameters);
        }
        assertEquals(want, got);
    }

    @Test
    void aPublicChannelReceivesEventsButNotThoseOfItsOwnSocket() throws InterruptedException {
        Client one = client("1"), two = client("2");
        for (Client client : clients) {
            client.pusher.subscribe("java", client, "order");
            client.connect();
            assertEquals("java subscribed", client.next());
        }
        succeeds(backend.trigger(List.of("java", "java-others"), "order", Map.of("n", 1)));
        assertEquals("java order {\"n\":1}", one.next());
        assertEquals("java order {\"n\":1}", two.next());
        succeeds(backend.trigger("java", "order", Map.of("n", 2), one.pusher.getConnection().getSocketId()));
        succeeds(backend.trigger("java", "order", Map.of("n", 3)));
        assertEquals("java order {\"n\":3}", one.next());
        assertEquals("java order {\"n\":2}", two.next());
        assertEquals("java order {\"n\":3}", two.next());
    }

    @Test
    void aPrivateChannelReceivesClientEventsAndBatches() throws InterruptedException {
        Client one = client("1"), two = client("2");
        for (Client client : clients) {
            client.pusher.subscribePrivate("private-java", client, "client-typing", "order");
            client.connect();
            assertEquals("private-java subscribed", client.next());
        }
        one.pusher.getPrivateChannel("private-java").trigger("client-typing", "{\"who\":\"one\"}");
        assertEquals("private-java client-typing {\"who\":\"one\"}", two.next());
        succeeds(backend.trigger(List.of(new Event("private-java", "order", Map.of("n", 1)), new Event("private-java", "order", Map.of("n", 2)))));
        for (Client client : clients) { // the sender has no copy of its event
            assertEquals("private-java order {\"n\":1}", client.next());
            assertEquals("private-java order {\"n\":2}", client.next());
        }
    }

    @Test
    void aPresenceChannelTellsWhoComesAndGoes() throws InterruptedException {
        Client one = client("1"), two = client("2");
        one.pusher.subscribePresence("presence-java", one, "client-hello");
        one.connect();
        assertEquals("presence-java users [1={\"name\":\"user 1\"}]", one.next());
        assertEquals("presence-java subscribed", one.next());
        two.pusher.subscribePresence("presence-java", two, "client-hello");
        two.connect();
        assertEquals("presence-java users [1={\"name\":\"user 1\"}, 2={\"name\":\"user 2\"}]", two.next());
        assertEquals("presence-java subscribed", two.next());
        assertEquals("presence-java added 2={\"name\":\"user 2\"}", one.next());
        assertEquals("{\"users\":[{\"id\":\"1\"},{\"id\":\"2\"}]}", get("/channels/presence-java/users", Map.of()));
        answers("{\"channels\":{\"presence-java\":{\"user_count\":2}}}", "/channels", Map.of("filter_by_prefix", "presence-j", "info", "user_count"));
        two.pusher.getPresenceChannel("presence-java").trigger("client-hello", "{}");
        assertEquals("presence-java client-hello {} by 2", one.next());
        webhooks.await("{\"name\":\"channel_occupied\",\"channel\":\"presence-java\"}");
        webhooks.await("{\"name\":\"member_added\",\"channel\":\"presence-java\",\"user_id\":\"2\"}");
        two.pusher.unsubscribe("presence-java");
        assertEquals("presence-java removed 2", one.next());
        webhooks.await("{\"name\":\"member_removed\",\"channel\":\"presence-java\",\"user_id\":\"2\"}");
    }

    @Test
    void anEncryptedChannelIsOpaqueToTheServer() throws InterruptedException {
        Client one = client("1");
        one.pusher.subscribePrivateEncrypted("private-encrypted-java", one, "secret");
        one.connect();
        assertEquals("private-encrypted-java subscribed", one.next());
        succeeds(backend.trigger("private-encrypted-java", "secret", Map.of("answer", 42)));
        assertEquals("private-encrypted-java secret {\"answer\":42}", one.next());
    }

    @Test
    void aCacheChannelGivesItsLatestEventToANewcomer() throws InterruptedException {
        succeeds(backend.trigger("cache-java", "price", Map.of("euros", 5)));
        Client one = client("1");
        one.pusher.subscribe("cache-java", one, "price");
        one.connect();
        assertEquals("cache-java subscribed", one.next());
        assertEquals("cache-java price {\"euros\":5}", one.next());
    }

    @Test
    void aUserWhoHasSignedInReceivesEventsAndCanBeDisconnected() throws InterruptedException {
        Client one = client("java/1");
        one.pusher.user().bind("note", one);
        one.pusher.signin();
        one.connect();
        for (int i = 0; i < 500 && one.pusher.user().userId() == null; i++) {
            Thread.sleep(20);
        }
        assertEquals("java/1", one.pusher.user().userId());
        succeeds(backend.post("/events", "{\"name\":\"note\",\"channel\":\"#server-to-user-java/1\",\"data\":\"hello\"}"));
        assertEquals("#server-to-user-java/1 note hello", one.next());
        succeeds(backend.post("/users/java/1/terminate_connections", "{}"));
        assertEquals("DISCONNECTING", one.next()); // the library does not connect again
        assertEquals("DISCONNECTED", one.next());
    }

    @Test
    void aWrongSecretIsRefused() {
        Result result = backendWith("not the secret of the app").trigger("java", "order", "");
        assertEquals(401, result.getHttpStatus());
        assertNotNull(result.getMessage());
    }
}
