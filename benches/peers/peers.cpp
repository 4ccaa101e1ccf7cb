// The same workloads in C++, as a program that the race drives (the protocol is in peer.rs).
//
//     loops     what one writes in an hour: plain loops over one array per component, vectorised by the compiler
//     hand      what one writes in a day with the instructions of the machine, AVX-512 or AVX2: the Gaussian sum in three dimensions only
//     limits    how many fused multiply-adds and exponentials per second all threads can do, in vectors of how many, and the clock
//
// g++ -O3 -march=native -ffast-math -fopenmp peers.cpp -o peers
#include <omp.h>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <vector>
#if defined __AVX512F__
#include <immintrin.h>
#define BY_HAND "AVX-512"
#elif defined __AVX2__ && defined __FMA__
#include <immintrin.h>
#define BY_HAND "AVX2"
#endif

struct Workload {
  std::string quantity, kernel, type;
  long rows, cols;
  int dim, signals;
  double g;
};

constexpr int NEAREST = 10;

template <class T> struct Operands { std::vector<T> x, y, b, e; };

template <class T> using Method = void (*)(const Workload&, const Operands<T>&, std::vector<T>& answer);

// ---------------------------------------------------------------------------------------------- plain loops

struct Gauss { template <class T> static T at(T s, T g) { return std::exp(-g * s); } };
struct Laplace { template <class T> static T at(T s, T g) { return std::exp(-g * std::sqrt(s)); } };
struct Cauchy { template <class T> static T at(T s, T g) { return T(1) / (T(1) + g * s); } };
struct Multiquadric { template <class T> static T at(T s, T g) { return T(1) / std::sqrt(T(1) + g * s); } };
struct Matern {
  template <class T> static T at(T s, T g) {
    const T r = g * std::sqrt(s);
    return (T(1) + r) * std::exp(-r);
  }
};

template <class T> std::vector<T> components(const std::vector<T>& points, int dim) {
  const size_t n = points.size() / dim;
  std::vector<T> out(points.size());
  for (int d = 0; d < dim; d++)
    for (size_t j = 0; j < n; j++) out[d * n + j] = points[j * dim + d];
  return out;
}

// Few dimensions: everything unrolled, columns in vectors.
template <class K, int D, int E, class T>
void sum_unrolled(const Workload& w, const Operands<T>& in, std::vector<T>& out) {
  const std::vector<T> ys = components(in.y, D), bs = components(in.b, E);
  const T *y = ys.data(), *b = bs.data(), g = w.g;
  const long N = w.cols;
#pragma omp parallel for schedule(static)
  for (long i = 0; i < w.rows; i++) {
    T x[D], sum[E] = {};
    for (int d = 0; d < D; d++) x[d] = in.x[i * D + d];
    for (long j = 0; j < N; j++) {
      T s = 0;
#pragma GCC unroll 16
      for (int d = 0; d < D; d++) {
        const T t = x[d] - y[d * N + j];
        s += t * t;
      }
      const T k = K::at(s, g);
#pragma GCC unroll 16
      for (int e = 0; e < E; e++) sum[e] += k * b[e * N + j];
    }
    for (int e = 0; e < E; e++) out[i * E + e] = sum[e];
  }
}

// Many dimensions: blocks of columns, whose squared distances stay in the first cache; eight rows share a block.
template <class K, int E, class T>
void sum_blocked(const Workload& w, const Operands<T>& in, std::vector<T>& out) {
  constexpr int B = 64, R = 8;
  const int D = w.dim;
  const long blocks = (w.cols + B - 1) / B;
  std::vector<T> ys(blocks * B * D, T(0)), bs(blocks * B * E, T(0));
  for (long j = 0; j < w.cols; j++) {
    for (int d = 0; d < D; d++) ys[(j / B * D + d) * B + j % B] = in.y[j * D + d];
    for (int e = 0; e < E; e++) bs[(j / B * E + e) * B + j % B] = in.b[j * E + e];
  }
  const T g = w.g;
#pragma omp parallel for schedule(static)
  for (long first = 0; first < w.rows; first += R) {
    const long last = std::min(first + R, w.rows);
    T sum[R][E] = {};
    for (long block = 0; block < blocks; block++)
      for (long i = first; i < last; i++) {
        T s[B] = {};
        for (int d = 0; d < D; d++) {
          const T x = in.x[i * D + d], *y = &ys[(block * D + d) * B];
          for (int k = 0; k < B; k++) s[k] += (x - y[k]) * (x - y[k]);
        }
        for (int k = 0; k < B; k++) s[k] = K::at(s[k], g);
        for (int e = 0; e < E; e++) {
          const T* b = &bs[(block * E + e) * B];
          T t = 0;
          for (int k = 0; k < B; k++) t += s[k] * b[k];
          sum[i - first][e] += t;
        }
      }
    for (long i = first; i < last; i++)
      for (int e = 0; e < E; e++) out[i * E + e] = sum[i - first][e];
  }
}

// The gradient in x of Σ_i e_i Σ_j exp(-g |x_i - y_j|²) b_j.
template <class T> void gradient(const Workload& w, const Operands<T>& in, std::vector<T>& out) {
  const std::vector<T> ys = components(in.y, 3);
  const T *y0 = ys.data(), *y1 = y0 + w.cols, *y2 = y1 + w.cols, *b = in.b.data(), g = w.g;
#pragma omp parallel for schedule(static)
  for (long i = 0; i < w.rows; i++) {
    const T x0 = in.x[3 * i], x1 = in.x[3 * i + 1], x2 = in.x[3 * i + 2];
    T s0 = 0, s1 = 0, s2 = 0;
    for (long j = 0; j < w.cols; j++) {
      const T t0 = x0 - y0[j], t1 = x1 - y1[j], t2 = x2 - y2[j];
      const T k = std::exp(-g * (t0 * t0 + t1 * t1 + t2 * t2)) * b[j];
      s0 += k * t0, s1 += k * t1, s2 += k * t2;
    }
    const T scale = -2 * g * in.e[i];
    out[3 * i] = scale * s0, out[3 * i + 1] = scale * s1, out[3 * i + 2] = scale * s2;
  }
}

// log Σ_j exp(b_j - g |x_i - y_j|²), in two passes: the largest exponent, then the sum.
template <class T> void logsumexp(const Workload& w, const Operands<T>& in, std::vector<T>& out) {
  const std::vector<T> ys = components(in.y, 3);
  const T *y0 = ys.data(), *y1 = y0 + w.cols, *y2 = y1 + w.cols, *b = in.b.data(), g = w.g;
#pragma omp parallel for schedule(static)
  for (long i = 0; i < w.rows; i++) {
    const T x0 = in.x[3 * i], x1 = in.x[3 * i + 1], x2 = in.x[3 * i + 2];
    const auto exponent = [=](long j) {
      const T t0 = x0 - y0[j], t1 = x1 - y1[j], t2 = x2 - y2[j];
      return b[j] - g * (t0 * t0 + t1 * t1 + t2 * t2);
    };
    T most = std::numeric_limits<T>::lowest(), sum = 0;
    for (long j = 0; j < w.cols; j++) most = std::max(most, exponent(j));
    for (long j = 0; j < w.cols; j++) sum += std::exp(exponent(j) - most);
    out[i] = most + std::log(sum);
  }
}

// The nearest column in the plane: the least of a block, and its place only where the block improves.
template <class T> void nearest(const Workload& w, const Operands<T>& in, std::vector<T>& out) {
  constexpr int B = 64;
  const long blocks = (w.cols + B - 1) / B;
  std::vector<T> y0(blocks * B, T(1e18)), y1(blocks * B, T(1e18));
  for (long j = 0; j < w.cols; j++) y0[j] = in.y[2 * j], y1[j] = in.y[2 * j + 1];
#pragma omp parallel for schedule(static)
  for (long i = 0; i < w.rows; i++) {
    const T x0 = in.x[2 * i], x1 = in.x[2 * i + 1];
    T best = std::numeric_limits<T>::max();
    long at = 0;
    for (long block = 0; block < blocks; block++) {
      const T *p = &y0[block * B], *q = &y1[block * B];
      T s[B], least = std::numeric_limits<T>::max();
      for (int k = 0; k < B; k++) {
        s[k] = (x0 - p[k]) * (x0 - p[k]) + (x1 - q[k]) * (x1 - q[k]);
        least = std::min(least, s[k]);
      }
      if (least < best) {
        best = least;
        at = block * B + (std::find(s, s + B, least) - s);
      }
    }
    out[i] = at;
  }
}

// The ten nearest columns, in order: a block is looked through only where its least is among them.
template <class T> void all_nearest(const Workload& w, const Operands<T>& in, std::vector<T>& out) {
  constexpr int B = 64, K = NEAREST;
  const long blocks = (w.cols + B - 1) / B;
  std::vector<T> y0(blocks * B, T(1e18)), y1(blocks * B, T(1e18)), y2(blocks * B, T(1e18));
  for (long j = 0; j < w.cols; j++) y0[j] = in.y[3 * j], y1[j] = in.y[3 * j + 1], y2[j] = in.y[3 * j + 2];
#pragma omp parallel for schedule(static)
  for (long i = 0; i < w.rows; i++) {
    const T x0 = in.x[3 * i], x1 = in.x[3 * i + 1], x2 = in.x[3 * i + 2];
    T best[K];
    long at[K] = {};
    std::fill(best, best + K, std::numeric_limits<T>::max());
    for (long block = 0; block < blocks; block++) {
      const T *p = &y0[block * B], *q = &y1[block * B], *r = &y2[block * B];
      T s[B], least = std::numeric_limits<T>::max();
      for (int k = 0; k < B; k++) {
        s[k] = (x0 - p[k]) * (x0 - p[k]) + (x1 - q[k]) * (x1 - q[k]) + (x2 - r[k]) * (x2 - r[k]);
        least = std::min(least, s[k]);
      }
      if (least >= best[K - 1]) continue;
      for (int k = 0; k < B; k++)
        if (s[k] < best[K - 1]) {
          int place = K - 1;
          for (; place > 0 && best[place - 1] > s[k]; place--) best[place] = best[place - 1], at[place] = at[place - 1];
          best[place] = s[k], at[place] = block * B + k;
        }
    }
    std::copy(at, at + K, &out[i * K]);
  }
}

template <class K, class T> Method<T> sum(const Workload& w) {
  if (w.dim == 3 && w.signals == 1) return sum_unrolled<K, 3, 1, T>;
  if (w.dim == 10 && w.signals == 1) return sum_unrolled<K, 10, 1, T>;
  if (w.dim == 10 && w.signals == 10) return sum_unrolled<K, 10, 10, T>;
  if (w.signals == 1) return sum_blocked<K, 1, T>;
  if (w.signals == 10) return sum_blocked<K, 10, T>;
  return nullptr;
}

template <class T> Method<T> loops(const Workload& w) {
  if (w.quantity == "sum" && w.kernel == "gauss") return sum<Gauss, T>(w);
  if (w.quantity == "sum" && w.kernel == "laplace") return sum<Laplace, T>(w);
  if (w.quantity == "sum" && w.kernel == "cauchy") return sum<Cauchy, T>(w);
  if (w.quantity == "sum" && w.kernel == "matern") return sum<Matern, T>(w);
  if (w.quantity == "sum" && w.kernel == "multiquadric") return sum<Multiquadric, T>(w);
  if (w.quantity == "gradient" && w.kernel == "gauss" && w.dim == 3 && w.signals == 1) return gradient<T>;
  if (w.quantity == "logsumexp" && w.kernel == "gauss" && w.dim == 3 && w.signals == 1) return logsumexp<T>;
  if (w.quantity == "argmin" && w.dim == 2) return nearest<T>;
  if (w.quantity == "nearest" && w.dim == 3) return all_nearest<T>;
  return nullptr;
}

// ---------------------------------------------------------------------------------------------- by hand

#ifdef __AVX512F__
// 2^t for t ≤ 0: a polynomial of degree 5 around the nearest integer.
static inline __m512 exp2(__m512 t) {
  const __m512 n = _mm512_roundscale_ps(t, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC), f = _mm512_sub_ps(t, n);
  __m512 p = _mm512_set1_ps(1.3398874402e-3f);
  for (float c : {9.6184373e-3f, 5.5503324e-2f, 2.4022648e-1f, 6.9314718e-1f, 1.0f})
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(c));
  return _mm512_scalef_ps(p, n);
}

// Four rows at a time, columns in vectors; points are scaled once, so that the exponent of 2 is -|x - y|².
static void gauss_by_hand(const Workload& w, const Operands<float>& in, std::vector<float>& out) {
  constexpr int R = 4, L = 16;
  const long M = w.rows, N = w.cols, padded = (N + L - 1) / L * L;
  const float scale = std::sqrt(w.g * 1.4426950408889634);
  std::vector<float> columns(4 * padded, 0.f);
  float *y0 = columns.data(), *y1 = y0 + padded, *y2 = y1 + padded, *b = y2 + padded;
  for (long j = 0; j < N; j++) {
    y0[j] = scale * in.y[3 * j], y1[j] = scale * in.y[3 * j + 1], y2[j] = scale * in.y[3 * j + 2];
    b[j] = in.b[j];
  }
#pragma omp parallel for schedule(static)
  for (long first = 0; first < M; first += R) {
    __m512 x0[R], x1[R], x2[R], sum[R];
    for (int k = 0; k < R; k++) {
      const float* x = &in.x[3 * std::min(first + k, M - 1)];
      x0[k] = _mm512_set1_ps(scale * x[0]), x1[k] = _mm512_set1_ps(scale * x[1]), x2[k] = _mm512_set1_ps(scale * x[2]);
      sum[k] = _mm512_setzero_ps();
    }
    for (long j = 0; j < padded; j += L) {
      const __m512 v0 = _mm512_loadu_ps(y0 + j), v1 = _mm512_loadu_ps(y1 + j), v2 = _mm512_loadu_ps(y2 + j);
      const __m512 vb = _mm512_loadu_ps(b + j);
#pragma GCC unroll 4
      for (int k = 0; k < R; k++) {
        const __m512 t0 = _mm512_sub_ps(x0[k], v0), t1 = _mm512_sub_ps(x1[k], v1), t2 = _mm512_sub_ps(x2[k], v2);
        const __m512 negative = _mm512_mul_ps(_mm512_sub_ps(_mm512_setzero_ps(), t0), t0);
        const __m512 t = _mm512_fnmadd_ps(t2, t2, _mm512_fnmadd_ps(t1, t1, negative));
        sum[k] = _mm512_fmadd_ps(exp2(t), vb, sum[k]);
      }
    }
    for (int k = 0; k < R && first + k < M; k++) out[first + k] = _mm512_reduce_add_ps(sum[k]);
  }
}
#elif defined BY_HAND
// 2^t for t ≤ 0: the same polynomial; what is below 2^-126 is 0 or close to it.
static inline __m256 exp2(__m256 t) {
  t = _mm256_max_ps(t, _mm256_set1_ps(-126.5f));
  // the sum with this number is rounded to an integer; to fast arithmetic these lines would be n = t
  const __m256 magic = _mm256_set1_ps(12582912.f);
  __m256 m = _mm256_add_ps(t, magic);
  asm("" : "+x"(m));
  __m256 n = _mm256_sub_ps(m, magic);
  asm("" : "+x"(n));
  const __m256 f = _mm256_sub_ps(t, n);
  __m256 p = _mm256_set1_ps(1.33354759e-3f);
  for (float c : {9.61817596e-3f, 5.55036440e-2f, 2.40226463e-1f, 6.93147182e-1f, 1.0f})
    p = _mm256_fmadd_ps(p, f, _mm256_set1_ps(c));
  return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), _mm256_slli_epi32(_mm256_castps_si256(m), 23)));
}

// Rows in a vector, columns one by one; the processor itself overlaps the columns.
static void gauss_by_hand(const Workload& w, const Operands<float>& in, std::vector<float>& out) {
  constexpr int L = 8, BLOCK = 256;
  const long M = w.rows, N = w.cols;
  const float *y = in.y.data(), *b = in.b.data();
  const __m256 c = _mm256_set1_ps(-w.g * 1.4426950408889634);
#pragma omp parallel for schedule(static)
  for (long first = 0; first < M; first += L) {
    float x[3][L];
    for (int l = 0; l < L; l++)
      for (int d = 0; d < 3; d++) x[d][l] = in.x[3 * std::min(first + l, M - 1) + d];
    const __m256 x0 = _mm256_loadu_ps(x[0]), x1 = _mm256_loadu_ps(x[1]), x2 = _mm256_loadu_ps(x[2]);
    __m256 total = _mm256_setzero_ps();
    for (long block = 0; block < N; block += BLOCK) {
      __m256 sum = _mm256_setzero_ps();
      for (long j = block; j < std::min(N, block + BLOCK); j++) {
        const __m256 t0 = _mm256_sub_ps(x0, _mm256_broadcast_ss(y + 3 * j)), t1 = _mm256_sub_ps(x1, _mm256_broadcast_ss(y + 3 * j + 1));
        const __m256 t2 = _mm256_sub_ps(x2, _mm256_broadcast_ss(y + 3 * j + 2));
        const __m256 s = _mm256_fmadd_ps(t2, t2, _mm256_fmadd_ps(t1, t1, _mm256_mul_ps(t0, t0)));
        sum = _mm256_fmadd_ps(exp2(_mm256_mul_ps(s, c)), _mm256_broadcast_ss(b + j), sum);
      }
      total = _mm256_add_ps(total, sum);
    }
    float sums[L];
    _mm256_storeu_ps(sums, total);
    for (int l = 0; l < L && first + l < M; l++) out[first + l] = sums[l];
  }
}
#endif

template <class T> Method<T> by_hand(const Workload&) { return nullptr; }
#ifdef BY_HAND
template <> Method<float> by_hand<float>(const Workload& w) {
  return w.quantity == "sum" && w.kernel == "gauss" && w.dim == 3 && w.signals == 1 ? gauss_by_hand : nullptr;
}
#endif

// ---------------------------------------------------------------------------------------------- limits

static double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The best rate of all threads together, of several runs.
template <class F> double rate(double work_per_thread, F f) {
  double best = 0;
  for (int run = 0; run < 15; run++) {
    double start = 0, stop = 0, work = 0;
#pragma omp parallel
    {
      f();  // warm
#pragma omp barrier
#pragma omp master
      start = seconds();
      f();
#pragma omp atomic
      work += work_per_thread;
#pragma omp barrier
#pragma omp master
      stop = seconds();
    }
    best = std::max(best, work / (stop - start));
  }
  return best;
}

static void limits() {
#ifdef BY_HAND
#ifdef __AVX512F__
  using Vector = __m512;
  const Vector one = _mm512_set1_ps(1.f), some = _mm512_set1_ps(-0.3f);
#else
  using Vector = __m256;
  const Vector one = _mm256_set1_ps(1.f), some = _mm256_set1_ps(-0.3f);
#endif
  constexpr double lanes = sizeof(Vector) / sizeof(float);
  const long n = 1000000;
  // twelve chains hide the latency; in assembler, because the compiler would keep an array of them in memory
  const double fma = rate(12.0 * lanes * n, [=] {
    Vector a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11;
    a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = a8 = a9 = a10 = a11 = one;
    for (long i = 0; i < n; i++) {
#define FMA(v) asm volatile("vfmadd213ps %0, %0, %0" : "+v"(v));
      FMA(a0) FMA(a1) FMA(a2) FMA(a3) FMA(a4) FMA(a5) FMA(a6) FMA(a7) FMA(a8) FMA(a9) FMA(a10) FMA(a11)
    }
  });
#define KEEP(v) asm volatile("" : "+v"(v))
  const double exp = rate(8.0 * lanes * n, [=] {
    Vector t = some;
    for (long i = 0; i < n; i++)
#pragma GCC unroll 8
      for (int k = 0; k < 8; k++) {
        KEEP(t);
        Vector v = exp2(t);
        KEEP(v);
      }
  });
  // each addition waits for the one before: one in a clock
  const double clock = rate(8.0 * n, [=] {
    long a = 0;
    for (long i = 0; i < n; i++)
#pragma GCC unroll 8
      for (int k = 0; k < 8; k++) asm volatile("add $1, %0" : "+r"(a));
  }) / omp_get_max_threads();
  std::printf("%.6g %.6g %g %.6g\n", fma, exp, lanes, clock);
#else
  std::printf("absent: they are measured with AVX-512 and with AVX2 only\n");
#endif
}

// ---------------------------------------------------------------------------------------------- the protocol

template <class T> std::vector<T> read(size_t n) {
  std::vector<T> v(n);
  if (std::fread(v.data(), sizeof(T), n, stdin) != n) std::exit(2);
  return v;
}

// Answers until the next `load`; false at the end of the input.
template <class T> bool serve(const Workload& w, Method<T> (*choose)(const Workload&), char* line, int size) {
  Operands<T> in;
  in.x = read<T>(w.rows * w.dim), in.y = read<T>(w.cols * w.dim), in.b = read<T>(w.cols * w.signals), in.e = read<T>(w.rows);
  const Method<T> method = choose(w);
  const int width = w.quantity == "gradient" ? w.dim : w.quantity == "sum" ? w.signals : w.quantity == "nearest" ? NEAREST : 1;
  std::vector<T> answer(w.rows * width);
  if (method) method(w, in, answer);
  std::puts(method ? "ready" : "no");
  while (std::fflush(stdout), std::fgets(line, size, stdin)) {
    long calls;
    if (method && std::sscanf(line, "run %ld", &calls) == 1) {
      const double start = seconds();
      for (long c = 0; c < calls; c++) method(w, in, answer);
      std::printf("%.9g\n", (seconds() - start) / calls);
    } else if (method && !std::strcmp(line, "answer\n")) {
      const std::vector<double> numbers(answer.begin(), answer.end());
      std::printf("%zu\n", numbers.size());
      std::fwrite(numbers.data(), sizeof(double), numbers.size(), stdout);
    } else {
      return true;
    }
  }
  return false;
}

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "limits") return limits(), 0;
  const bool hand = what == "hand";
#ifdef BY_HAND
  std::puts(hand ? "here " BY_HAND ", g++ " __VERSION__ : "here g++ " __VERSION__);
#else
  std::puts(hand ? "absent: the processor has neither AVX-512 nor AVX2" : "here g++ " __VERSION__);
  if (hand) return 0;
#endif
  std::fflush(stdout);
  char line[256], quantity[32], kernel[32], type[32];
  bool more = std::fgets(line, sizeof line, stdin);
  while (more) {
    Workload w;
    if (std::sscanf(line, "load %31s %31s %31s %ld %ld %d %d %lf", quantity, kernel, type, &w.rows, &w.cols, &w.dim,
                    &w.signals, &w.g) != 8) {
      std::fprintf(stderr, "not understood: %s", line);
      return 2;
    }
    w.quantity = quantity, w.kernel = kernel, w.type = type;
    more = w.type == "f64" ? serve<double>(w, hand ? by_hand<double> : loops<double>, line, sizeof line)
                           : serve<float>(w, hand ? by_hand<float> : loops<float>, line, sizeof line);
  }
}
