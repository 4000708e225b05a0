import io.ktor.websocket.DefaultWebSocketSession
import io.ktor.websocket.Frame
import kotlinx.coroutines.cancel
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.Json

/** One message as members get it; the keys are sent in this order. */
@Serializable
data class Message(
    val sender: String,
    val text: String,
    val room: String,
    val timestamp: Long,
    val seq: Long,
)

/** One room. It stays for the life of the process, so that its sequence goes on when it has been empty. */
class Room(private val name: String) {
    private val sessions = LinkedHashSet<DefaultWebSocketSession>() // guarded by this
    private var seq = 0L // guarded by this

    @Synchronized
    fun join(session: DefaultWebSocketSession) {
        sessions.add(session)
    }

    @Synchronized
    fun leave(session: DefaultWebSocketSession) {
        sessions.remove(session)
    }

    /**
     * Sends to all. The JSON is built once; a frame object has a read position, so
     * each session gets its own around the same bytes. A session whose channel is
     * full is cancelled, which ends its connection.
     */
    @Synchronized
    fun publish(sender: String, text: String) {
        val message = Message(sender, text, name, System.currentTimeMillis(), ++seq)
        val bytes = Json.encodeToString(Message.serializer(), message).encodeToByteArray()
        val each = sessions.iterator()
        for (session in each) {
            val sent = session.outgoing.trySend(Frame.Text(true, bytes))
            if (sent.isSuccess) continue
            each.remove()
            if (sent.isClosed) continue // it has ended already
            slow.incrementAndGet()
            session.cancel()
        }
    }
}
