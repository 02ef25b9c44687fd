// Batch norm + residual + neuron in plain double loops, one rule after the other and every intermediate
// kept: what neuron.cu is held to. Layouts as there: [T, rows, C].
#pragma once
#include "neuron_registry.h"
#include "numbers.h"

struct NeuronProblem {
  NeuronSettings neuron;
  size_t rows, channels;
  double leak, leak_parameter, v_th, v_reset, alpha, eps;
  Doubles x, residual, grad_out, gamma, beta;
};

struct NeuronSolution {
  Doubles mean, invstd, out, grad_x, grad_residual, dbeta, dgamma, leak_sums;
  double grad_leak_parameter = 0;
  /// Per channel, how near anything came to a jump of the spike or of the surrogate.
  Doubles margin;
};

inline double surrogate_reference(int kind, double u, double a) {
  const double pi = 3.14159265358979323846, sig = 1 / (1 + std::exp(-a * u));
  switch (kind) {
    case 0: return std::max(0.0, a - std::fabs(u)) / (a * a);
    case 1: return a / 2 / (1 + std::pow(pi / 2 * a * u, 2));
    case 2: return a * sig * (1 - sig);
    default: return std::fabs(u) < a / 2 ? 1 / a : 0;
  }
}

class NeuronReference {
 public:
  explicit NeuronReference(const NeuronProblem& problem) : p(problem), n(problem.neuron) {
    const size_t c = p.channels, all = n.steps * p.rows * c;
    s.out.assign(all, 0);
    s.grad_residual.assign(all, 0);
    s.grad_x.assign(p.x.size(), 0);
    for (Doubles* sums : {&s.mean, &s.dbeta, &s.dgamma, &s.leak_sums}) sums->assign(c, 0);
    s.invstd.assign(c, 1);
    s.margin.assign(c, INFINITY);
    k = n.learnable() ? 1 / (1 + std::exp(-p.leak_parameter)) : p.leak;
  }

  NeuronSolution solve() {
    for (size_t c = 0; c < p.channels; ++c) channel(c);
    for (double gk : s.leak_sums) s.grad_leak_parameter += gk * k * (1 - k);
    return s;
  }

 private:
  size_t at(size_t t, size_t row, size_t c) const { return (t * p.rows + row) * p.channels + c; }

  void channel(size_t c) {
    const size_t inputs = n.input_steps;
    const double count = inputs * p.rows;
    if (n.norm) {
      double sum = 0, squares = 0;
      for (size_t t = 0; t < inputs; ++t) {
        for (size_t row = 0; row < p.rows; ++row) sum += p.x[at(t, row, c)];
      }
      s.mean[c] = sum / count;
      for (size_t t = 0; t < inputs; ++t) {
        for (size_t row = 0; row < p.rows; ++row) squares += std::pow(p.x[at(t, row, c)] - s.mean[c], 2);
      }
      s.invstd[c] = 1 / std::sqrt(squares / count + p.eps);
    }

    // Gradient of the normalised input, [inputs, rows].
    Doubles grad_y(inputs * p.rows, 0.0);
    for (size_t row = 0; row < p.rows; ++row) item(row, c, grad_y);

    if (!n.norm) {
      for (size_t t = 0; t < inputs; ++t) {
        for (size_t row = 0; row < p.rows; ++row) s.grad_x[at(t, row, c)] = grad_y[t * p.rows + row];
      }
      return;
    }
    // Through y = gamma xhat + beta, xhat = (x - mean) invstd, then the variance, then the mean.
    const double invstd = s.invstd[c];
    double grad_var = 0, grad_mean = 0;
    for (size_t t = 0; t < inputs; ++t) {
      for (size_t row = 0; row < p.rows; ++row) {
        const double g = grad_y[t * p.rows + row], centred = p.x[at(t, row, c)] - s.mean[c];
        s.dbeta[c] += g;
        s.dgamma[c] += g * centred * invstd;
        grad_var += g * p.gamma[c] * centred * -0.5 * invstd * invstd * invstd;
        grad_mean += g * p.gamma[c] * -invstd;
      }
    }
    for (size_t t = 0; t < inputs; ++t) {
      for (size_t row = 0; row < p.rows; ++row) {
        s.grad_x[at(t, row, c)] = grad_y[t * p.rows + row] * p.gamma[c] * invstd +
                                  grad_var * 2 * (p.x[at(t, row, c)] - s.mean[c]) / count + grad_mean / count;
      }
    }
  }

  /// One row of one channel, forward and back through time.
  void item(size_t row, size_t c, Doubles& grad_y) {
    const size_t steps = n.steps;
    const bool spiking = n.neuron == 2;
    Doubles input(steps), before(steps), h(steps), spike(steps);
    double v = spiking && n.hard_reset ? p.v_reset : 0;
    for (size_t t = 0; t < steps; ++t) {
      double y = p.x[at(n.input_steps == 1 ? 0 : t, row, c)];
      if (n.norm) y = (y - s.mean[c]) * s.invstd[c] * p.gamma[c] + p.beta[c];
      const double r = n.residual ? p.residual[at(t, row, c)] : 0;
      input[t] = y + (n.residual == 1 ? r : 0);
      before[t] = v;
      if (!spiking) {
        h[t] = input[t];
        spike[t] = n.neuron == 1 ? std::max(0.0, h[t]) : h[t];
        if (n.neuron == 1) near(c, h[t]);
      } else {
        const double gap = v - (n.hard_reset ? p.v_reset : 0);
        h[t] = n.leak == 0 ? v + input[t] : n.decay_input ? v + (input[t] - gap) * k : v - gap * k + input[t];
        spike[t] = h[t] >= p.v_th;
        v = n.hard_reset ? (spike[t] ? p.v_reset : h[t]) : h[t] - spike[t] * p.v_th;
        near(c, h[t] - p.v_th);
        if (n.surrogate == 3) near(c, std::fabs(h[t] - p.v_th) - p.alpha / 2);
      }
      const double sp = spike[t];
      s.out[at(t, row, c)] = n.residual == 2 ? sp + r : n.residual == 3 ? sp * r : n.residual == 4 ? (1 - sp) * r : sp;
    }

    double grad_v = 0;
    for (size_t t = steps; t-- > 0;) {
      const double g = p.grad_out[at(t, row, c)], r = n.residual ? p.residual[at(t, row, c)] : 0;
      const double grad_spike = n.residual == 3 ? g * r : n.residual == 4 ? -g * r : g;
      double grad_input;
      if (!spiking) {
        grad_input = n.neuron == 1 && h[t] <= 0 ? 0 : grad_spike;
      } else {
        const double to_spike = n.detach_reset ? 0 : n.hard_reset ? p.v_reset - h[t] : -p.v_th;
        const double to_h = n.hard_reset ? 1 - spike[t] : 1;
        const double slope = surrogate_reference(n.surrogate, h[t] - p.v_th, p.alpha);
        const double grad_h = (grad_spike + grad_v * to_spike) * slope + grad_v * to_h;
        const double gap = before[t] - (n.hard_reset ? p.v_reset : 0);
        grad_input = n.leak && n.decay_input ? grad_h * k : grad_h;
        grad_v = n.leak ? grad_h * (1 - k) : grad_h;
        if (n.learnable()) s.leak_sums[c] += grad_h * (n.decay_input ? input[t] - gap : -gap);
      }
      grad_y[(n.input_steps == 1 ? 0 : t) * p.rows + row] += grad_input;
      s.grad_residual[at(t, row, c)] = n.residual == 1   ? grad_input
                                       : n.residual == 2 ? g
                                       : n.residual == 3 ? g * spike[t]
                                       : n.residual == 4 ? g * (1 - spike[t])
                                                         : 0;
    }
  }

  void near(size_t c, double distance) { s.margin[c] = std::min(s.margin[c], std::fabs(distance)); }

  const NeuronProblem& p;
  const NeuronSettings& n;
  double k;
  NeuronSolution s;
};

/// Random numbers, drawn again channel by channel until nothing is within 1e-3 of a jump, where
/// float32 and double may differ.
inline NeuronProblem draw(const NeuronSettings& neuron, Random& random) {
  NeuronProblem p{neuron, 23, 3 * LANES, 0.625, 0.3125, 0.75, neuron.hard_reset ? -0.25 : 0.0, 1.25, 1e-5,
                  {},     {}, {},        {},    {}};
  const size_t items = p.rows * p.channels;
  p.x = random.normals(neuron.input_steps * items, 0.5, 2);
  p.grad_out = random.normals(neuron.steps * items);
  if (neuron.residual) p.residual = random.normals(neuron.steps * items);
  // What is packed is spikes, or sums of them with the residual.
  for (double& r : p.residual) {
    if (neuron.pack) r = neuron.pack == 1 ? r > 0 : std::min(254.0, std::floor(std::fabs(r) * 80));
  }
  // Kernels get gamma and beta as float32; the reference the same numbers.
  p.gamma = random.normals(p.channels, 1, 0.25);
  p.beta = random.normals(p.channels, 0.5, 0.25);
  for (int attempt = 0; attempt < 500; ++attempt) {
    const Doubles margin = NeuronReference(p).solve().margin;
    bool good = true;
    for (size_t c = 0; c < p.channels; ++c) {
      if (margin[c] >= 1e-3) continue;
      good = false;
      for (size_t i = c; i < p.x.size(); i += p.channels) p.x[i] = random.normal(0.5, 2);
    }
    if (good) return p;
  }
  throw std::runtime_error("no numbers keep clear of the threshold");
}
