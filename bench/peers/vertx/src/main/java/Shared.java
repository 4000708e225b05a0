import io.vertx.core.eventbus.EventBus;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** What the event loops share: the options, the sequences of the rooms, and two counters. */
final class Shared {
    final Options options;
    final AtomicInteger port = new AtomicInteger(); // that the server listens at
    final AtomicInteger slow = new AtomicInteger(); // clients that were closed because they read too slowly

    /** Rooms exist until the process ends, so that their sequences continue after they were empty. */
    private final ConcurrentHashMap<String, Room> rooms = new ConcurrentHashMap<>();

    Shared(Options options) {
        this.options = options;
    }

    Room room(String name) {
        return rooms.computeIfAbsent(name, Room::new);
    }

    /** One room. Its name is its address on the event bus. */
    static final class Room {
        final String name;
        private long seq; // guarded by this

        Room(String name) {
            this.name = name;
        }

        /**
         * Numbers the message, builds its JSON once, and hands it to the event loops. They all get a
         * room's messages in the same order, because the bus only queues them while the lock is held.
         */
        synchronized void publish(EventBus bus, String sender, String text) {
            var envelope = new JsonObject()
                .put("sender", sender)
                .put("text", text)
                .put("room", name)
                .put("timestamp", System.currentTimeMillis())
                .put("seq", ++seq);
            bus.publish(name, envelope.encode());
        }
    }
}
