import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;

/** The peer with Vert.x: one instance of the verticle {@link Chat} per core, each on its own event loop. */
public final class Main {
    public static void main(String[] arguments) {
        var shared = new Shared(optionsOrExit(arguments));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            if (shared.slow.get() > 0) System.err.println("vertx closed " + shared.slow + " slow clients");
        }));
        var instances = new DeploymentOptions().setInstances(Runtime.getRuntime().availableProcessors());
        Vertx.vertx().deployVerticle(() -> new Chat(shared), instances)
            .onSuccess(id -> System.out.println("peer vertx serves http://" + shared.options.host() + ":" + shared.port + "/"))
            .onFailure(reason -> exit(1, reason.toString()));
    }

    private static Options optionsOrExit(String[] arguments) {
        try {
            return Options.of(arguments);
        } catch (IllegalArgumentException bad) {
            exit(2, bad.getMessage());
            throw bad;
        }
    }

    private static void exit(int status, String reason) {
        System.err.println("vertx: " + reason);
        System.exit(status);
    }
}
