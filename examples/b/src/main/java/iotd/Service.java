package iotd;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.ZoneOffset;

/** A web server with one page: the image of the day. */
public final class Service {
    private Service() {
    }

    /** Serves on port 80 until it is stopped. */
    public static void main(String[] args) throws IOException {
        HttpServer server = start(new InetSocketAddress(80));
        // A container's first process has no default action for SIGTERM; the JVM has one and runs this.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> server.stop(0)));
        System.out.println("iotd: serving the image of the day on port " + server.getAddress().getPort());
    }

    static HttpServer start(InetSocketAddress address) throws IOException {
        HttpServer server = HttpServer.create(address, 0);
        server.createContext("/", Service::answer);
        server.start();
        return server;
    }

    private static void answer(HttpExchange exchange) throws IOException {
        try {
            String path = exchange.getRequestURI().getPath();
            boolean known = path.equals("/");
            LocalDate today = LocalDate.now(ZoneOffset.UTC);
            String text = known ? Page.of(today, Gallery.of(today)) : "not found: " + path + "\n";
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            String type = known ? "text/html" : "text/plain";
            exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
            send(exchange, known ? 200 : 404, body);
            System.out.println("iotd: " + exchange.getRequestMethod() + " " + path);
        } finally {
            exchange.close();
        }
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, head ? -1 : body.length);
        if (!head) {
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        }
    }
}
