/** The command line. */
record Options(String host, int port, int pingPeriod /* in seconds; 0: no pings */) {
    static Options of(String[] arguments) {
        var listen = "127.0.0.1:0";
        var pingPeriod = "15s";
        for (int i = 0; i < arguments.length; i += 2) {
            if (i + 1 == arguments.length) throw new IllegalArgumentException(arguments[i] + " needs a value");
            switch (arguments[i]) {
                case "--listen" -> listen = arguments[i + 1];
                case "--ping-period" -> pingPeriod = arguments[i + 1];
                default -> throw new IllegalArgumentException("unknown option " + arguments[i]);
            }
        }
        var colon = listen.lastIndexOf(':');
        if (colon < 0 || !pingPeriod.matches("\\d+s?")) {
            throw new IllegalArgumentException("--listen needs host:port, and --ping-period whole seconds, as in 15s");
        }
        var seconds = Integer.parseInt(pingPeriod.replace("s", ""));
        return new Options(listen.substring(0, colon), Integer.parseInt(listen.substring(colon + 1)), seconds);
    }
}
