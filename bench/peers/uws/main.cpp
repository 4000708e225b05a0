// The peer with uWebSockets. Rooms are topics. It is one thread, because topics do not span
// threads.
#include <getopt.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "App.h"

namespace {

struct Options {
    std::string host = "127.0.0.1";
    int port = 0;
    int pingPeriod = 15;  // seconds; 0: no pings
    int maxBackpressure = 1024 * 1024;  // unsent bytes of a client; above, it is closed
};

// Member is the user data of a connection in a room.
struct Member {
    std::string room;
    std::string user;
    bool slow;  // it exceeded maxBackpressure and is being closed
};

// Guest is the user data of a connection in many rooms.
struct Guest {
    std::string user;
    bool slow;  // as of a Member
};

// Echo is the user data of a connection of the echo route.
struct Echo {};

constexpr unsigned maxMessage = 64 * 1024;

// Sequences exist until the process ends, as in the other peers.
std::unordered_map<std::string, std::uint64_t> sequences;

// Members that were closed because they read too slowly.
long slowMembers = 0;

// Set at a signal; the loop then ends the process.
volatile std::sig_atomic_t stopping = 0;
us_loop_t *loop = nullptr;

void stop(int) {
    stopping = 1;
    us_wakeup_loop(loop);
}

int number(std::string_view text, const char *flag) {
    int n = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error != std::errc() || end != text.data() + text.size() || n < 0) {
        throw std::invalid_argument("bad " + std::string(flag) + ": " + std::string(text));
    }
    return n;
}

Options parse(int argc, char **argv) {
    const option flags[] = {
        {"listen", required_argument, nullptr, 'l'}, {"ping-period", required_argument, nullptr, 'p'},
        {"max-backpressure", required_argument, nullptr, 'b'}, {nullptr, 0, nullptr, 0}};
    Options o;
    for (int flag; (flag = getopt_long(argc, argv, "", flags, nullptr)) != -1;) {
        std::string_view value = flag == '?' ? "" : optarg;
        if (flag == 'l') {
            auto colon = value.rfind(':');
            if (colon == value.npos) throw std::invalid_argument("bad --listen: host:port is needed");
            o.host = value.substr(0, colon);
            o.port = number(value.substr(colon + 1), "port of --listen");
        } else if (flag == 'p') {
            if (value.ends_with('s')) value.remove_suffix(1);
            o.pingPeriod = number(value, "--ping-period, whole seconds as in 15s are needed");
        } else if (flag == 'b') {
            o.maxBackpressure = number(value, "--max-backpressure, bytes are needed");
        } else {
            std::exit(2);  // getopt_long has printed the reason
        }
    }
    return o;
}

// uWebSockets pings a silent client before its idle timeout: 8 s before a timeout of 16 to
// 31 s, 4 s before a shorter and 16 s before a longer one. It counts in steps of 4 s.
unsigned short idleTimeout(int period) {
    if (period == 0) return 0;
    int before = period < 8 ? 4 : period <= 22 ? 8 : 16;
    return static_cast<unsigned short>(std::min((period + 3) / 4 * 4 + before, 960));
}

// decoded replaces %XX by the byte XX.
std::string decoded(std::string_view path) {
    std::string out;
    for (std::size_t i = 0; i < path.size(); i++) {
        unsigned char byte = 0;
        if (path[i] == '%' && i + 2 < path.size() && std::from_chars(&path[i + 1], &path[i + 3], byte, 16).ptr == &path[i + 3]) {
            out += static_cast<char>(byte);
            i += 2;
        } else {
            out += path[i];
        }
    }
    return out;
}

void appendString(std::string &out, std::string_view s) {
    out += '"';
    for (char c : s) {
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\b': out += "\\b"; break;
            case '\f': out += "\\f"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    const char *hex = "0123456789abcdef";
                    out += "\\u00";
                    out += hex[c >> 4];
                    out += hex[c & 15];
                } else {
                    out += c;
                }
        }
    }
    out += '"';
}

std::string envelope(std::string_view user, std::string_view text, std::string_view room, std::uint64_t seq) {
    using namespace std::chrono;
    auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    std::string out;
    out.reserve(text.size() + room.size() + user.size() + 100);
    out += R"({"sender":)";
    appendString(out, user);
    out += R"(,"text":)";
    appendString(out, text);
    out += R"(,"room":)";
    appendString(out, room);
    out += R"(,"timestamp":)";
    out += std::to_string(now);
    out += R"(,"seq":)";
    out += std::to_string(seq);
    out += '}';
    return out;
}

void publish(uWS::App &app, const std::string &room, std::string_view user, std::string_view text) {
    app.publish(room, envelope(user, text, room, ++sequences[room]), uWS::TEXT);
}

std::string orDefault(std::string s, const char *ifEmpty) { return s.empty() ? ifEmpty : std::move(s); }

// behavior returns the settings that all routes share.
template <typename UserData>
uWS::App::WebSocketBehavior<UserData> behavior(const Options &o) {
    return {
        .compression = uWS::DISABLED,
        .maxPayloadLength = maxMessage,
        .idleTimeout = idleTimeout(o.pingPeriod),
        .maxBackpressure = static_cast<unsigned>(o.maxBackpressure),
        .closeOnBackpressureLimit = true,
        .resetIdleTimeoutOnSend = false,
        .sendPingsAutomatically = o.pingPeriod > 0,
    };
}

// upgrade completes a handshake.
template <typename UserData>
void upgrade(auto *res, auto *req, auto *context, UserData &&data) {
    res->template upgrade<UserData>(std::move(data), req->getHeader("sec-websocket-key"), req->getHeader("sec-websocket-protocol"),
        req->getHeader("sec-websocket-extensions"), context);
}

std::string userOf(auto *req) { return orDefault(std::string(req->getQuery("username")), "Anonymous"); }

// slow notes that a message to a client was dropped, and that the client is being closed.
void slow(auto *ws) { slowMembers += !std::exchange(ws->getUserData()->slow, true); }

// command carries out "join ROOM" or "publish ROOM TEXT". Anything else is ignored.
void command(uWS::App &app, auto *ws, std::string_view message) {
    constexpr std::string_view join = "join ", publishTo = "publish ";
    if (message.starts_with(join)) {
        ws->subscribe(message.substr(join.size()));
    } else if (message.starts_with(publishTo)) {
        message.remove_prefix(publishTo.size());
        auto room = message.substr(0, message.find(' '));
        auto text = message.substr(std::min(room.size() + 1, message.size()));
        publish(app, std::string(room), ws->getUserData()->user, text);
    }
}

void serve(const Options &o) {
    uWS::App app;
    auto chat = behavior<Member>(o);
    chat.upgrade = [](auto *res, auto *req, auto *context) {
        upgrade(res, req, context, Member{orDefault(decoded(req->getParameter(0)), "general"), userOf(req), false});
    };
    chat.open = [](auto *ws) { ws->subscribe(ws->getUserData()->room); };
    chat.message = [&app](auto *ws, std::string_view text, uWS::OpCode kind) {
        Member *m = ws->getUserData();
        if (kind == uWS::TEXT) publish(app, m->room, m->user, text);
    };
    chat.dropped = [](auto *ws, std::string_view, uWS::OpCode) { slow(ws); };
    auto topics = behavior<Guest>(o);
    topics.upgrade = [](auto *res, auto *req, auto *context) { upgrade(res, req, context, Guest{userOf(req), false}); };
    topics.message = [&app](auto *ws, std::string_view message, uWS::OpCode kind) {
        if (kind == uWS::TEXT) command(app, ws, message);
    };
    topics.dropped = [](auto *ws, std::string_view, uWS::OpCode) { slow(ws); };
    auto echo = behavior<Echo>(o);
    echo.message = [](auto *ws, std::string_view message, uWS::OpCode kind) { ws->send(message, kind); };
    app.ws<Member>("/ws/chat/:room", std::move(chat)).ws<Guest>("/topics", std::move(topics)).ws<Echo>("/echo/raw", std::move(echo));

    loop = reinterpret_cast<us_loop_t *>(app.getLoop());
    app.getLoop()->addPostHandler(loop, [](uWS::Loop *) {
        if (!stopping) return;
        if (slowMembers > 0) std::fprintf(stderr, "uws closed %ld slow clients\n", slowMembers);
        std::_Exit(0);
    });
    std::signal(SIGTERM, stop);
    std::signal(SIGINT, stop);

    app.listen(o.host, o.port, LIBUS_LISTEN_EXCLUSIVE_PORT, [&o](us_listen_socket_t *socket) {
        if (!socket) throw std::runtime_error("cannot listen on " + o.host + ":" + std::to_string(o.port));
        int port = us_socket_local_port(0, reinterpret_cast<us_socket_t *>(socket));
        std::printf("peer uws serves http://%s:%d/\n", o.host.c_str(), port);
        std::fflush(stdout);
    });
    app.run();
}

}  // namespace

int main(int argc, char **argv) {
    try {
        serve(parse(argc, argv));
    } catch (const std::exception &e) {
        std::fprintf(stderr, "uws: %s\n", e.what());
        return 1;
    }
}
