import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.HdrHistogram.AbstractHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;
import org.HdrHistogram.IntCountsHistogram;

/** Writes java_*.hdr as HdrHistogram does, and says in *.txt what it reads in every *.hdr. */
public class HdrFiles {
  static final long HOUR_NS = 3_600_000_000_000L;

  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    write(folder, "empty", new Histogram(1, HOUR_NS, 3));
    write(folder, "one_value", oneValue());
    write(folder, "zeros", zeros());
    write(folder, "dense_low", denseLow());
    write(folder, "wide_tail", wideTail());
    write(folder, "large_counts", largeCounts());
    write(folder, "int_counts", intCounts());
    write(folder, "auto_resize", autoResize());
    write(folder, "small_range", smallRange());
    write(folder, "beyond_1h", beyondOneHour());
    write(folder, "two_digits", record(new Histogram(1, HOUR_NS, 2)));
    write(folder, "four_digits", record(new Histogram(1, HOUR_NS, 4)));
    write(folder, "lowest_1000", record(new Histogram(1000, HOUR_NS, 3)));
    write(folder, "shifted", shifted());
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.hdr")) {
      for (Path file : files) {
        dump(file);
      }
    }
  }

  static AbstractHistogram record(AbstractHistogram histogram) {
    histogram.recordValue(5);
    histogram.recordValue(1_234_567);
    return histogram;
  }

  static AbstractHistogram oneValue() {
    AbstractHistogram histogram = new Histogram(1, HOUR_NS, 3);
    histogram.recordValue(1_234_567);
    return histogram;
  }

  static AbstractHistogram zeros() {
    AbstractHistogram histogram = new Histogram(1, HOUR_NS, 3);
    histogram.recordValueWithCount(0, 3);
    return histogram;
  }

  static AbstractHistogram denseLow() {
    AbstractHistogram histogram = new Histogram(1, HOUR_NS, 3);
    for (long value = 0; value < 2300; ++value) {
      histogram.recordValueWithCount(value, value % 7);
    }
    return histogram;
  }

  static AbstractHistogram wideTail() {
    AbstractHistogram histogram = new Histogram(1, HOUR_NS, 3);
    long state = 1;
    for (int i = 0; i < 400; ++i) {
      state = state * 6364136223846793005L + 1442695040888963407L;
      histogram.recordValue(Math.min((state >>> 40) << ((state >>> 20) & 15), HOUR_NS));
    }
    histogram.recordValue(HOUR_NS);
    return histogram;
  }

  static AbstractHistogram largeCounts() {
    AbstractHistogram histogram = new Histogram(1, HOUR_NS, 3);
    histogram.recordValueWithCount(1, (1L << 32) + 1);
    histogram.recordValueWithCount(2048, 1L << 40);
    histogram.recordValueWithCount(1_000_000, (1L << 55) + 12345);
    histogram.recordValueWithCount(HOUR_NS, (1L << 53) - 1);
    return histogram;
  }

  static AbstractHistogram intCounts() {
    return record(new IntCountsHistogram(1, HOUR_NS, 3));
  }

  static AbstractHistogram autoResize() {
    AbstractHistogram histogram = new Histogram(3);
    for (long value = 1; value < HOUR_NS; value *= 3) {
      histogram.recordValue(value);
    }
    return histogram;
  }

  static AbstractHistogram smallRange() {
    AbstractHistogram histogram = new Histogram(1, 100_000, 3);
    for (long value = 1; value < 100_000; value += 197) {
      histogram.recordValue(value);
    }
    return histogram;
  }

  static AbstractHistogram beyondOneHour() {
    AbstractHistogram histogram = new Histogram(1, Long.MAX_VALUE / 2, 3);
    histogram.recordValueWithCount(60_000_000_000L, 10);
    histogram.recordValueWithCount(HOUR_NS, 5);
    histogram.recordValueWithCount(2 * HOUR_NS, 2);
    histogram.recordValue(Long.MAX_VALUE / 2);
    return histogram;
  }

  static AbstractHistogram shifted() {
    AbstractHistogram histogram = new Histogram(1, HOUR_NS, 3);
    histogram.recordValue(1_234_567);
    histogram.shiftValuesLeft(3);
    return histogram;
  }

  static void write(Path folder, String name, AbstractHistogram histogram) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
    int size = histogram.encodeIntoCompressedByteBuffer(buffer);
    Files.write(folder.resolve("java_" + name + ".hdr"), Arrays.copyOf(buffer.array(), size));
  }

  static void dump(Path file) throws Exception {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
    Histogram histogram = Histogram.decodeFromCompressedByteBuffer(bytes, 0);
    String name = file.getFileName().toString().replace(".hdr", ".txt");
    try (PrintStream out = new PrintStream(file.resolveSibling(name).toFile())) {
      out.printf("count %d%n", histogram.getTotalCount());
      for (double percent : new double[] {50, 90, 99, 99.9, 100}) {
        long value = histogram.getValueAtPercentile(percent);
        out.printf("p%s %d%n", percent, histogram.lowestEquivalentValue(value));
      }
      for (HistogramIterationValue value : histogram.recordedValues()) {
        long highest = value.getValueIteratedTo();
        out.printf("%d..%d %d%n", histogram.lowestEquivalentValue(highest), highest,
            value.getCountAddedInThisIterationStep());
      }
    }
  }
}
