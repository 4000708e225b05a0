import com.google.gson.Gson;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signs users in, because pusher-http-java has no function for it. */
final class Signature {
    private Signature() {}

    /** Returns what the application's endpoint for users answers. */
    static String ofUser(String key, String secret, String socket, String id) {
        String user = new Gson().toJson(Map.of("id", id));
        return new Gson().toJson(Map.of("auth", key + ":" + hmac(secret, socket + "::user::" + user), "user_data", user));
    }

    private static String hmac(String secret, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            StringBuilder hex = new StringBuilder();
            for (byte b : mac.doFinal(text.getBytes(StandardCharsets.UTF_8))) {
                hex.append(String.format("%02x", b));
            }
            return hex.toString();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
