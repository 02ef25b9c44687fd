// batchnorm.cu: statistics far from zero, uneven chunks, running statistics, sums over rows.
#include "numbers.h"

#include KERNELS(batchnorm.cu)

namespace {
const auto from_running_kernel = KERNEL_OF(affine_from_running);

struct Statistics {
  Doubles mean, var;
};

/// What a batch norm has, and what it makes of a batch.
struct Norm {
  Buffer<float> gamma, beta, running_mean, running_var, affine;

  Norm(const Doubles& g, const Doubles& b, const Doubles& mean, const Doubles& var)
      : gamma(to_float_buffer(g)), beta(to_float_buffer(b)), running_mean(to_float_buffer(mean)),
        running_var(to_float_buffer(var)), affine(4 * g.size()) {}

  /// affine and the running statistics of x [rows, C], which stands for `repeats` time steps.
  void measure(const Buffer<storage>& x, float eps, float momentum, int repeats, int rows_per_chunk) const {
    const int channels = static_cast<int>(gamma.size()), columns = channels / LANES;
    const int64 rows = x.size() / channels;
    const int chunks = static_cast<int>((rows + rows_per_chunk - 1) / rows_per_chunk);
    const Buffer<float> partial(chunks * 2 * channels);
#if TWINS
    const Counters counters(channels);
    KERNEL_OF(statistics)
    (each(chunks), x.data(), partial.data(), gamma.data(), beta.data(), running_mean.data(), running_var.data(),
     affine.data(), eps, momentum, repeats, counters.data(), rows, rows_per_chunk, chunks, columns);
    counters.check();
#else
    KERNEL_OF(statistics)
    (matrix(chunks, columns), x.data(), partial.data(), rows, rows_per_chunk, chunks, columns);
    KERNEL_OF(statistics_merge)
    (items(channels), partial.data(), gamma.data(), beta.data(), running_mean.data(), running_var.data(),
     affine.data(), eps, momentum, rows, repeats, rows_per_chunk, chunks, channels);
#endif
  }
};

Statistics expected_statistics(const Doubles& x, size_t channels) {
  const size_t rows = x.size() / channels;
  Statistics s{Doubles(channels, 0.0), Doubles(channels, 0.0)};
  for (size_t i = 0; i < x.size(); ++i) s.mean[i % channels] += x[i] / rows;
  for (size_t i = 0; i < x.size(); ++i) s.var[i % channels] += std::pow(x[i] - s.mean[i % channels], 2) / rows;
  return s;
}

/// affine's mean, and the variance behind its invstd (eps = 0).
Statistics measured_statistics(const Doubles& x, size_t channels, int rows_per_chunk) {
  const Buffer<storage> input = to_storage_buffer(x);
  const Doubles ones(channels, 1.0);
  const Norm norm(ones, ones, ones, ones), again(ones, ones, ones, ones);
  norm.measure(input, 0.0f, 1.0f, 1, rows_per_chunk);
  again.measure(input, 0.0f, 1.0f, 1, rows_per_chunk);
  CHECK(same_bytes(norm.affine, again.affine));
  CHECK(same_bytes(norm.running_var, again.running_var));
  Statistics s;
  for (size_t c = 0; c < channels; ++c) {
    s.mean.push_back(norm.affine[c]);
    s.var.push_back(std::pow(norm.affine[channels + c], -2.0));
  }
  return s;
}

void check_statistics(const Doubles& x, size_t channels, int rows_per_chunk, double mean_tolerance,
                      double var_tolerance) {
  const Statistics expected = expected_statistics(x, channels);
  const Statistics actual = measured_statistics(x, channels, rows_per_chunk);
  // A mean near zero is known to the rounding of its terms.
  check_close("mean", actual.mean, expected.mean, 1e-6, mean_tolerance);
  check_close("variance", actual.var, expected.var, 0, var_tolerance);
}
}  // namespace

TEST_CASE("statistics of uneven chunks") {
  Random random(1);
  const size_t channels = 3 * LANES;
  const Doubles x = random.normals(29 * channels, 3, 2);
  for (int rows_per_chunk : {1, 2, 7, 28, 29, 64}) {
    INFO(rows_per_chunk << " rows a chunk");
    check_statistics(x, channels, rows_per_chunk, 1e-6, 1e-5);
  }
}

TEST_CASE("statistics of many channels and many chunks") {
  Random random(7);
  for (const size_t columns : {size_t(1), size_t(35), size_t(64)}) {
    const size_t channels = columns * LANES;
    check_statistics(random.normals(157 * channels, -1, 3), channels, 50, 1e-5, 1e-5);
    check_statistics(random.normals(131 * channels, -1, 3), channels, 1, 1e-5, 1e-5);
  }
}

TEST_CASE("a chunk that starts with an outlier") {
  Random random(2);
  const size_t channels = LANES;
  Doubles x = random.normals(1000 * channels);
  for (size_t c = 0; c < channels; ++c) x[c] = 100;
  const Statistics expected = expected_statistics(x, channels);
  const Statistics actual = measured_statistics(x, channels, 256);
  // The chunk's squares are taken about 100, and so their rounding is relative to 100^2.
  for (size_t c = 0; c < channels; ++c) CHECK(actual.mean[c] == doctest::Approx(expected.mean[c]).epsilon(1e-4));
  check_close("variance", actual.var, expected.var, 1e-3);
}

#if STORAGE == STORAGE_FLOAT
TEST_CASE("a mean far from zero costs no digits of the variance") {
  Random random(3);
  const size_t channels = LANES;
  // The plain E[x^2] - E[x]^2 in float32 would be wrong by 1e6 * 6e-8 = 6 times the variance, 0.01.
  check_statistics(random.normals(999 * channels, 1e3, 0.1), channels, 250, 1e-7, 1e-4);
  check_statistics(random.normals(999 * channels, -1e5, 1), channels, 100, 1e-7, 1e-3);
}

TEST_CASE("many rows") {
  Random random(4);
  const size_t channels = LANES;
  check_statistics(random.normals(200001 * channels, 5, 1), channels, 1024, 1e-6, 1e-5);
}
#endif

TEST_CASE("a constant channel has variance 0") {
  const size_t channels = LANES;
  const Statistics s = measured_statistics(Doubles(37 * channels, 0.75), channels, 5);
  for (size_t c = 0; c < channels; ++c) {
    CHECK(s.mean[c] == 0.75);
    CHECK(s.var[c] == 0);
  }
}

TEST_CASE("a chunk of NaN shows in the statistics") {
  const size_t channels = LANES;
  Doubles x(10 * channels, 1.0);
  x[7 * channels] = NAN;
  CHECK(std::isnan(measured_statistics(x, channels, 4).mean[0]));
  CHECK(std::isnan(measured_statistics(x, channels, 4).var[0]));
}

TEST_CASE("affine and running statistics") {
  Random random(5);
  const size_t channels = 3 * LANES;
  const Doubles gamma = random.normals(channels), beta = random.normals(channels);
  const Doubles old_mean = random.normals(channels);
  Doubles old_var(channels);
  for (double& v : old_var) v = 0.5 + random.below(8);
  const float eps = 1e-3f, momentum = 0.1f;

  struct Count {
    int64 rows;
    int repeats;
  };
  for (const Count& count_of : {Count{1, 1}, {1, 4}, {2, 1}, {11, 1}, {11, 4}}) {
    const int64 rows = count_of.rows;
    const int repeats = count_of.repeats;
    INFO(rows << " rows that stand for " << repeats << " time steps");
    const Doubles x = random.normals(rows * channels, 1, 2);
    const Norm norm(gamma, beta, old_mean, old_var);
    norm.measure(to_storage_buffer(x), eps, momentum, repeats, 4);

    const Statistics s = expected_statistics(x, channels);
    Doubles expected(4 * channels), mean(channels), var(channels);
    for (size_t c = 0; c < channels; ++c) {
      expected[c] = s.mean[c];
      expected[channels + c] = 1 / std::sqrt(s.var[c] + eps);
      expected[2 * channels + c] = gamma[c] / std::sqrt(s.var[c] + eps);
      expected[3 * channels + c] = beta[c];
      mean[c] = 0.9 * old_mean[c] + 0.1 * s.mean[c];
      // One number has no unbiased variance; its squared distance from itself, 0, stands for it.
      const double count = double(rows) * repeats;
      var[c] = 0.9 * old_var[c] + 0.1 * s.var[c] * (count > 1 ? count / (count - 1) : 1);
    }
    check_float("affine", norm.affine, expected, 1e-5);
    check_float("running mean", norm.running_mean, mean, 1e-6);
    check_float("running variance", norm.running_var, var, 1e-6);
  }
}

TEST_CASE("statistics of ranks with other numbers of rows, far from zero") {
  const int channels = 12, ranks = 3;
  const float eps = 1e-5f, momentum = 0.3f;
  Random random(8);
  const size_t rows[ranks] = {1, 250, 17};
  Doubles all, moments;
  for (size_t count : rows) {
    const Doubles x = random.normals(count * channels, 1e3, 2);
    const Statistics s = expected_statistics(x, channels);
    all.insert(all.end(), x.begin(), x.end());
    moments.insert(moments.end(), s.mean.begin(), s.mean.end());
    for (double var : s.var) moments.push_back(var * count);
    moments.insert(moments.end(), channels, double(count));
  }
  const Statistics s = expected_statistics(all, channels);
  const Doubles gamma = random.normals(channels), beta = random.normals(channels);
  const Norm norm(gamma, beta, Doubles(channels, 5.0), Doubles(channels, 7.0));
  const Buffer<float> input = to_float_buffer(moments), affine(5 * channels);
  KERNEL_OF(statistics_of_ranks)
  (items(channels), input.data(), norm.gamma.data(), norm.beta.data(), norm.running_mean.data(),
   norm.running_var.data(), affine.data(), eps, momentum, 4, ranks, channels);
  const double count = 4 * 268;
  Doubles expected(5 * channels), mean(channels), var(channels);
  for (int c = 0; c < channels; ++c) {
    expected[c] = s.mean[c];
    expected[channels + c] = 1 / std::sqrt(s.var[c] + eps);
    expected[2 * channels + c] = gamma[c] / std::sqrt(s.var[c] + eps);
    expected[3 * channels + c] = beta[c];
    expected[4 * channels + c] = 1.0 / 268;
    mean[c] = 0.7 * 5 + 0.3 * s.mean[c];
    var[c] = 0.7 * 7 + 0.3 * s.var[c] * count / (count - 1);
  }
  check_close("affine", from_float_buffer(affine), expected, 0, 1e-5);
  check_float("running mean", norm.running_mean, mean, 1e-6);
  check_float("running variance", norm.running_var, var, 1e-5);
}

TEST_CASE("affine from running statistics") {
  const size_t channels = 5;
  const Buffer<float> gamma{1, 2, -1, 0, 3}, beta{0, 1, 2, 3, 4}, mean{0.5, -1, 0, 2, 7}, var{1, 4, 0, 0.25, 9};
  const Buffer<float> affine(4 * channels);
  from_running_kernel(items(channels), gamma.data(), beta.data(), mean.data(), var.data(), affine.data(), 1e-5f,
                      static_cast<int>(channels));
  Doubles expected(4 * channels);
  for (size_t c = 0; c < channels; ++c) {
    expected[c] = mean[c];
    expected[channels + c] = 1 / std::sqrt(var[c] + 1e-5);
    expected[2 * channels + c] = gamma[c] / std::sqrt(var[c] + 1e-5);
    expected[3 * channels + c] = beta[c];
  }
  check_close("affine", from_float_buffer(affine), expected, 0, 1e-6);
}

TEST_CASE("sums over rows") {
  Random random(6);
  for (const size_t columns : {size_t(1), size_t(3), size_t(36)}) {
    for (const int rows_per_chunk : {5, 100, 223}) {
      INFO(columns << " columns, " << rows_per_chunk << " rows a chunk");
      const size_t channels = columns * LANES;
      const int64 rows = 223;
      const int chunks = static_cast<int>((rows + rows_per_chunk - 1) / rows_per_chunk);
      const Doubles x = random.normals(rows * channels);
      const Buffer<storage> input = to_storage_buffer(x);
      const Buffer<float> partial(chunks * channels), out(channels);
      Doubles of_chunks(chunks * channels, 0.0), of_all(channels, 0.0);
      for (size_t i = 0; i < x.size(); ++i) {
        of_chunks[i / channels / rows_per_chunk * channels + i % channels] += x[i];
        of_all[i % channels] += x[i];
      }
#if TWINS
      const Counters counters(channels);
      const Buffer<float> again(channels);
      for (const Buffer<float>* sums : {&out, &again}) {
        KERNEL_OF(sum_rows)
        (each(chunks), input.data(), partial.data(), sums->data(), counters.data(), rows, rows_per_chunk, chunks,
         static_cast<int>(columns));
        counters.check();
      }
      CHECK(same_bytes(out, again));
#else
      KERNEL_OF(sum_rows)
      (matrix(chunks, columns), input.data(), partial.data(), rows, rows_per_chunk, chunks, static_cast<int>(columns));
      KERNEL_OF(sum_chunks)(items(channels), partial.data(), out.data(), chunks, channels, 0, channels);
      // Some columns of a wider matrix.
      const int64 offset = channels / 3, n = channels / 3;
      const Buffer<float> middle(n);
      KERNEL_OF(sum_chunks)(items(n), partial.data(), middle.data(), chunks, channels, offset, n);
      check_float("middle", middle, Doubles(of_all.begin() + offset, of_all.begin() + offset + n), 1e-6);
#endif
      check_float("partial", partial, of_chunks, 1e-6);
      check_float("out", out, of_all, 2e-6);
    }
  }
}
