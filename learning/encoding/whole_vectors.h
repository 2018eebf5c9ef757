#pragma once

#include "learning/encoding/whole_model.h"

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace murmur {

/// Several vectors of one length as they are: what a method sends that mixes more than a model.  It
/// holds the sender's own immutable vectors: a message costs no memory.
class WholeVectors final : public EncodedModel {
  public:
    /// @param vectors  one or more, of one length
    explicit WholeVectors(std::vector<Parameters> vectors) : vectors_(std::move(vectors)) {}

    /// Returns the size of a message: float32 values, and degree and round as a whole model has.
    [[nodiscard]] static MessageSize size_of(std::size_t num_vectors, std::size_t length) {
        return {sizeof(float) * num_vectors * length, kWholeModelMetadataBytes};
    }
    [[nodiscard]] MessageSize size() const override {
        return size_of(vectors_.size(), vectors_.front()->size());
    }
    [[nodiscard]] std::size_t memory_bytes() const override { return 0; }
    static constexpr std::string_view kTypeName = "whole-vectors";
    [[nodiscard]] std::string_view type_name() const override { return kTypeName; }
    void write(ByteSink& sink) const override;
    [[nodiscard]] static std::shared_ptr<const EncodedModel> read(ByteSource& source);
    [[nodiscard]] const std::vector<Parameters>& vectors() const { return vectors_; }

  private:
    std::vector<Parameters> vectors_;
};

}  // namespace murmur
