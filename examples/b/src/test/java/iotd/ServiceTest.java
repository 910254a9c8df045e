package iotd;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URL;
import java.util.Scanner;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;

public class ServiceTest {
    private HttpServer server;

    @Before
    public void start() throws IOException {
        server = Service.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    @After
    public void stop() {
        server.stop(0);
    }

    @Test
    public void theRootIsThePage() throws IOException {
        HttpURLConnection connection = get("/");
        assertEquals(200, connection.getResponseCode());
        assertTrue(connection.getContentType().startsWith("text/html"));
        assertTrue(read(connection.getInputStream()).contains("<h1>Image of the day"));
    }

    @Test
    public void nothingElseIsThere() throws IOException {
        assertEquals(404, get("/admin").getResponseCode());
    }

    @Test
    public void textIsEscaped() {
        assertEquals("a &lt;b&gt; &amp; c", Page.escape("a <b> & c"));
    }

    private HttpURLConnection get(String path) throws IOException {
        InetSocketAddress address = server.getAddress();
        URL url = new URL("http", address.getAddress().getHostAddress(), address.getPort(), path);
        return (HttpURLConnection) url.openConnection(Proxy.NO_PROXY);
    }

    private static String read(InputStream stream) {
        try (Scanner scanner = new Scanner(stream, "UTF-8").useDelimiter("\\A")) {
            return scanner.hasNext() ? scanner.next() : "";
        }
    }
}
