package iotd;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertSame;

import java.time.LocalDate;
import java.util.HashSet;
import java.util.Set;
import org.junit.Test;

public class GalleryTest {
    private static final LocalDate DAY = LocalDate.of(2024, 2, 29);

    @Test
    public void oneDayHasOnePicture() {
        assertSame(Gallery.of(DAY), Gallery.of(DAY));
    }

    @Test
    public void theNextDayHasAnother() {
        assertNotEquals(Gallery.of(DAY).title, Gallery.of(DAY.plusDays(1)).title);
    }

    @Test
    public void everyPictureHasItsDay() {
        Set<String> titles = new HashSet<>();
        for (int i = 0; i < Gallery.size(); i++) {
            titles.add(Gallery.of(DAY.plusDays(i)).title);
        }
        assertEquals(Gallery.size(), titles.size());
    }

    @Test
    public void daysBeforeTheEpochHavePicturesToo() {
        assertSame(Gallery.of(LocalDate.of(1969, 12, 31)), Gallery.of(LocalDate.of(1969, 12, 24)));
    }
}
