// The peer with Ktor on Netty. It follows Ktor's WebSocket chat tutorial: a set of sessions per
// room. A message is put into every session's outgoing channel without waiting, so that a slow
// member does not block the others.

import io.ktor.server.application.Application
import io.ktor.server.application.install
import io.ktor.server.application.serverConfig
import io.ktor.server.engine.connector
import io.ktor.server.engine.embeddedServer
import io.ktor.server.netty.Netty
import io.ktor.server.routing.routing
import io.ktor.server.websocket.DefaultWebSocketServerSession
import io.ktor.server.websocket.WebSockets
import io.ktor.server.websocket.pingPeriod
import io.ktor.server.websocket.timeout
import io.ktor.server.websocket.webSocket
import io.ktor.websocket.Frame
import io.ktor.websocket.readText
import kotlinx.coroutines.runBlocking
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger
import kotlin.system.exitProcess
import kotlin.time.Duration

val slow = AtomicInteger()
val rooms = ConcurrentHashMap<String, Room>()

fun main(args: Array<String>) {
    val options = Options.of(args)
    val server = embeddedServer(
        Netty,
        serverConfig { module { chat(options) } },
    ) {
        connector {
            host = options.host
            port = options.port
        }
    }
    Runtime.getRuntime().addShutdownHook(
        Thread { if (slow.get() > 0) System.err.println("ktor closed ${slow.get()} slow clients") },
    )
    server.start(wait = false)
    val at = runBlocking { server.engine.resolvedConnectors().first() }
    println("peer ktor serves http://${at.host}:${at.port}/")
    Thread.currentThread().join()
}

fun Application.chat(options: Options) {
    install(WebSockets) {
        pingPeriod = options.pingPeriod.takeIf { it > Duration.ZERO }
        timeout = options.pingPeriod.takeIf { it > Duration.ZERO } ?: Duration.INFINITE
        maxFrameSize = 64 * 1024
        masking = false
        channels { outgoing = bounded(options.sendBuffer) }
    }
    routing {
        webSocket("/ws/chat/{room}") {
            val name = call.parameters["room"].orEmpty().ifEmpty { "general" }
            val user = call.parameters["username"].orEmpty().ifEmpty { "Anonymous" }
            member(rooms.computeIfAbsent(name, ::Room), user)
        }
        webSocket("/echo/raw") {
            for (frame in incoming) {
                when (frame) {
                    is Frame.Text, is Frame.Binary -> send(frame)
                    else -> {}
                }
            }
        }
    }
}

suspend fun DefaultWebSocketServerSession.member(room: Room, user: String) {
    room.join(this)
    try {
        for (frame in incoming) {
            if (frame is Frame.Text) room.publish(user, frame.readText())
        }
    } finally {
        room.leave(this)
    }
}

/** The command line: `--listen`, `--ping-period` and `--send-buffer`, as the other peers take them. */
class Options(val host: String, val port: Int, val pingPeriod: Duration, val sendBuffer: Int) {
    companion object {
        fun of(args: Array<String>): Options {
            val given = args.toList().chunked(2).associate { it.first() to it.last() }
            val unknown = given.keys - setOf("--listen", "--ping-period", "--send-buffer")
            if (unknown.isNotEmpty() || args.size % 2 != 0) {
                System.err.println("ktor: cannot read the arguments ${args.joinToString(" ")}")
                exitProcess(2)
            }
            val listen = given["--listen"] ?: "127.0.0.1:0"
            return Options(
                host = listen.substringBeforeLast(':'),
                port = listen.substringAfterLast(':').toInt(),
                pingPeriod = Duration.parse(given["--ping-period"] ?: "15s"),
                sendBuffer = (given["--send-buffer"] ?: "256").toInt(),
            )
        }
    }
}
