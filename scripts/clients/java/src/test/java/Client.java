import static org.junit.jupiter.api.Assertions.assertEquals;

import com.pusher.client.Pusher;
import com.pusher.client.PusherOptions;
import com.pusher.client.channel.PresenceChannelEventListener;
import com.pusher.client.channel.PrivateEncryptedChannelEventListener;
import com.pusher.client.channel.PusherEvent;
import com.pusher.client.channel.User;
import com.pusher.client.connection.ConnectionEventListener;
import com.pusher.client.connection.ConnectionStateChange;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A client of one user. Its events wait in a queue, each as a line. */
final class Client implements PresenceChannelEventListener, PrivateEncryptedChannelEventListener, ConnectionEventListener {
    final Pusher pusher;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    Client(String address, String key, PusherOptions options) {
        String[] parts = address.split(":");
        pusher = new Pusher(key, options.setHost(parts[0]).setWsPort(Integer.parseInt(parts[1])).setUseTLS(false));
    }

    void connect() throws InterruptedException {
        pusher.connect(this);
        assertEquals("CONNECTING", next());
        assertEquals("CONNECTED", next());
    }

    /** Returns the next line. */
    String next() throws InterruptedException {
        String line = lines.poll(10, TimeUnit.SECONDS);
        return line == null ? "nothing within 10 s" : line;
    }

    @Override
    public void onConnectionStateChange(ConnectionStateChange change) {
        lines.add(change.getCurrentState().toString());
    }

    @Override
    public void onError(String message, String code, Exception e) {
        lines.add("error " + code + " " + message);
    }

    @Override
    public void onSubscriptionSucceeded(String channel) {
        lines.add(channel + " subscribed");
    }

    @Override
    public void onEvent(PusherEvent event) {
        String by = event.getUserId() == null ? "" : " by " + event.getUserId();
        lines.add(event.getChannelName() + " " + event.getEventName() + " " + event.getData() + by);
    }

    @Override
    public void onAuthenticationFailure(String message, Exception e) {
        lines.add("refused " + message);
    }

    @Override
    public void onDecryptionFailure(String event, String reason) {
        lines.add("not decrypted " + event + " " + reason);
    }

    @Override
    public void onUsersInformationReceived(String channel, Set<User> users) {
        Set<String> all = new TreeSet<>();
        for (User user : users) {
            all.add(user.getId() + "=" + user.getInfo());
        }
        lines.add(channel + " users " + all);
    }

    @Override
    public void userSubscribed(String channel, User user) {
        lines.add(channel + " added " + user.getId() + "=" + user.getInfo());
    }

    @Override
    public void userUnsubscribed(String channel, User user) {
        lines.add(channel + " removed " + user.getId());
    }
}
