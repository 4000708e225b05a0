import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.ServerWebSocketHandshake;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * One event loop and its connections. It receives each message of a room from the event bus once,
 * and writes it to its own members of that room.
 */
final class Chat extends VerticleBase {
    private static final int MAX_MESSAGE = 64 * 1024;
    private static final int MAX_QUEUE = 1024 * 1024; // unsent bytes of a member; above, it is closed
    private static final String CHAT = "/ws/chat/";
    private static final String ECHO = "/echo/raw";

    private final Shared shared;
    private final Map<String, Members> rooms = new HashMap<>();

    Chat(Shared shared) {
        this.shared = shared;
    }

    /** The members of one room on this event loop, and the registration at the event bus. */
    private record Members(Set<ServerWebSocket> sockets, MessageConsumer<String> consumer) {}

    @Override
    public Future<?> start() {
        var options = shared.options;
        var port = options.port() == 0 ? -1 : options.port(); // -1: a free port, the same for all event loops
        return vertx.createHttpServer(serverOptions(options.pingPeriod()))
            .webSocketHandshakeHandler(Chat::admit)
            .webSocketHandler(this::connected)
            .listen(port, options.host())
            .onSuccess(server -> shared.port.set(server.actualPort()));
    }

    /** A client that is silent for two ping periods is gone, or does not read: it would have answered a ping. */
    private static HttpServerOptions serverOptions(int pingPeriod) {
        return new HttpServerOptions()
            .setMaxWebSocketFrameSize(MAX_MESSAGE)
            .setMaxWebSocketMessageSize(MAX_MESSAGE)
            .setPerFrameWebSocketCompressionSupported(false)
            .setPerMessageWebSocketCompressionSupported(false)
            .setReadIdleTimeout(2 * pingPeriod)
            .setIdleTimeoutUnit(TimeUnit.SECONDS);
    }

    private static void admit(ServerWebSocketHandshake handshake) {
        if (handshake.path().startsWith(CHAT) || handshake.path().equals(ECHO)) {
            handshake.accept();
        } else {
            handshake.reject(404);
        }
    }

    private void connected(ServerWebSocket socket) {
        socket.setWriteQueueMaxSize(MAX_QUEUE);
        var pings = ping(socket);
        if (socket.path().equals(ECHO)) {
            socket.textMessageHandler(socket::writeTextMessage);
            socket.binaryMessageHandler(socket::writeBinaryMessage);
            socket.closeHandler(closed -> vertx.cancelTimer(pings));
            return;
        }
        var room = shared.room(orDefault(decoded(socket.path().substring(CHAT.length())), "general"));
        var user = userOf(socket.query());
        var members = rooms.computeIfAbsent(room.name, this::consume);
        members.sockets.add(socket);
        socket.textMessageHandler(text -> room.publish(vertx.eventBus(), user, text));
        socket.closeHandler(closed -> {
            vertx.cancelTimer(pings);
            leave(room.name, members, socket);
        });
    }

    /** Returns the timer that pings the client. Without pings there is no such timer. */
    private long ping(ServerWebSocket socket) {
        var period = shared.options.pingPeriod();
        return period == 0 ? -1 : vertx.setPeriodic(1000L * period, id -> socket.writePing(Buffer.buffer()));
    }

    private Members consume(String room) {
        var sockets = new LinkedHashSet<ServerWebSocket>();
        return new Members(sockets, vertx.eventBus().localConsumer(room, message -> deliver(message.body(), sockets)));
    }

    private void deliver(String envelope, Set<ServerWebSocket> sockets) {
        var each = sockets.iterator();
        while (each.hasNext()) {
            var socket = each.next();
            if (socket.isClosed()) continue; // its close handler will remove it
            if (!socket.writeQueueFull()) {
                socket.writeTextMessage(envelope);
                continue;
            }
            each.remove();
            shared.slow.incrementAndGet();
            socket.close((short) 1008, "slow");
        }
    }

    private void leave(String room, Members members, ServerWebSocket socket) {
        members.sockets.remove(socket);
        if (members.sockets.isEmpty() && rooms.remove(room, members)) members.consumer.unregister();
    }

    private static String userOf(String query) {
        for (var pair : query == null ? new String[0] : query.split("&")) {
            if (pair.startsWith("username=")) return orDefault(decoded(pair.substring("username=".length())), "Anonymous");
        }
        return "Anonymous";
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private static String orDefault(String text, String ifEmpty) {
        return text.isEmpty() ? ifEmpty : text;
    }
}
