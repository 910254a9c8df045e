package iotd;

import java.time.LocalDate;

/** The page that a browser shows. */
final class Page {
    private Page() {
    }

    static String of(LocalDate day, Picture picture) {
        return "<!DOCTYPE html>\n"
            + "<html lang=\"en\">\n"
            + "<head><meta charset=\"utf-8\"><title>Image of the day</title></head>\n"
            + "<body>\n"
            + "<h1>Image of the day, " + day + "</h1>\n"
            + "<h2>" + escape(picture.title) + "</h2>\n"
            + "<p>" + escape(picture.caption) + "</p>\n"
            + "</body>\n"
            + "</html>\n";
    }

    static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
