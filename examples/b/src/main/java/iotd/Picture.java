package iotd;

/** One image of the gallery: what it is called, and what is to be seen on it. */
final class Picture {
    final String title;
    final String caption;

    Picture(String title, String caption) {
        this.title = title;
        this.caption = caption;
    }
}
