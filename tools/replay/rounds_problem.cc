#include "tools/replay/rounds_problem.h"

#include <numeric>
#include <string>

namespace murmur::replay {
namespace {

/// Numbers are float32 in a run: those beyond are none there.
double read_number(const Field& field) {
    constexpr double kLargest = 1e30;
    const double number = field.number();
    if (!(std::abs(number) <= kLargest)) {
        field.refuse(
            fmt::format("out of range, got {}, allowed -1e30 ... 1e30", brief(field.json)));
    }
    return number;
}

std::vector<double> read_row(const Field& field, std::size_t size) {
    field.require_size(size);
    std::vector<double> row;
    for (std::size_t i = 0; i < size; ++i) {
        row.push_back(read_number(field.at(i)));
    }
    return row;
}

Matrix read_matrix(const Field& field, std::size_t rows, std::size_t columns) {
    field.require_size(rows);
    Matrix matrix;
    for (std::size_t i = 0; i < rows; ++i) {
        matrix.push_back(read_row(field.at(i), columns));
    }
    return matrix;
}

/// Returns the name of the mixing matrix, which may say of which graph it is.
std::string weights_key(const Field& problem) {
    std::string found;
    for (const auto& [key, value] : problem.json.items()) {
        if (key == "W" || key.starts_with("W_")) {
            if (!found.empty()) {
                problem.refuse(fmt::format("has several mixing matrices, {} and {}", found, key));
            }
            found = key;
        }
    }
    return found.empty() ? "W" : found;
}

Matrix read_weights(const Field& field, std::size_t num_nodes) {
    constexpr double kTolerance = 1e-6;
    Matrix weights = read_matrix(field, num_nodes, num_nodes);
    for (std::size_t i = 0; i < num_nodes; ++i) {
        const double sum = std::accumulate(weights[i].begin(), weights[i].end(), 0.0);
        if (std::abs(sum - 1) > kTolerance) {
            field.at(i).refuse(fmt::format("a row of weights sums to {:.9g}, allowed 1", sum));
        }
    }
    return weights;
}

Matrix read_start(const Field& problem, std::size_t rows, std::size_t columns) {
    if (!problem.has("x0") || problem.json.at("x0") == "zeros") {
        return Matrix(rows, std::vector<double>(columns, 0.0));
    }
    const Field start = problem.at("x0");
    if (start.size() > 0 && start.at(std::size_t{0}).json.is_number()) {
        return Matrix(rows, read_row(start, columns));
    }
    return read_matrix(start, rows, columns);
}

/// Returns sum_i A_ic B_ic / sum_i A_ic.
std::vector<double> optimum_of(const RoundsProblem& problem) {
    std::vector<double> optimum;
    for (std::size_t c = 0; c < problem.dimension; ++c) {
        double weighted = 0;
        double sum = 0;
        for (std::size_t i = 0; i < problem.num_nodes; ++i) {
            weighted += problem.curvatures[i][c] * problem.centers[i][c];
            sum += problem.curvatures[i][c];
        }
        optimum.push_back(weighted / sum);
    }
    return optimum;
}

}  // namespace

RoundsProblem read_rounds_problem(const Field& root) {
    constexpr std::size_t kMostNodes = 4096;  // W is dense
    const Field field = root.at("problem");
    const Field curvatures = field.at("A");
    RoundsProblem problem;
    problem.num_nodes = curvatures.size();
    if (problem.num_nodes < 2 || problem.num_nodes > kMostNodes) {
        curvatures.refuse(
            fmt::format("got {} nodes, allowed 2 ... {}", problem.num_nodes, kMostNodes));
    }
    problem.dimension = curvatures.at(std::size_t{0}).size();
    if (problem.dimension == 0) {
        curvatures.refuse("got no dimension, allowed 1 or more");
    }
    problem.curvatures = read_matrix(curvatures, problem.num_nodes, problem.dimension);
    problem.centers = read_matrix(field.at("B"), problem.num_nodes, problem.dimension);
    problem.eta = read_number(field.at("eta"));
    if (!(problem.eta > 0)) {
        field.at("eta").refuse(fmt::format("got {}, allowed above 0", problem.eta));
    }
    problem.weights = read_weights(field.at(weights_key(field)), problem.num_nodes);
    problem.start = read_start(field, problem.num_nodes, problem.dimension);
    problem.optimum = field.has("optimum") ? read_row(field.at("optimum"), problem.dimension)
                                           : optimum_of(problem);
    return problem;
}

}  // namespace murmur::replay
