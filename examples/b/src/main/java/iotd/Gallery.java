package iotd;

import java.time.LocalDate;

/** The images, one for each day in turn. */
final class Gallery {
    private static final Picture[] PICTURES = {
        new Picture("The Horsehead Nebula", "A dark cloud of dust in Orion, 1,400 light years away."),
        new Picture("The Pleiades", "Young blue stars that light the dust which they pass through."),
        new Picture("Saturn from above", "The rings, seen from a side that the Earth never sees."),
        new Picture("The Whirlpool Galaxy", "Two galaxies that meet, one of them seen face-on."),
        new Picture("Earthrise", "The Earth above the horizon of the Moon."),
        new Picture("The Crab Nebula", "What is left of a star that was seen to explode in 1054."),
        new Picture("Olympus Mons", "A volcano on Mars, three times as high as Everest."),
    };

    private Gallery() {
    }

    /** The picture of a day: always the same one for the same day. */
    static Picture of(LocalDate day) {
        return PICTURES[(int) Math.floorMod(day.toEpochDay(), (long) PICTURES.length)];
    }

    static int size() {
        return PICTURES.length;
    }
}
