#include "outputs.h"

#include <sstream>

#include "wall.h"

namespace binet_torch
{

namespace
{

std::string kind_of(const c10::IValue &value)
{
    return value.isTensor() ? "tensor" : value.isNone() ? "None" : value.type()->str();
}

/** Such as "a list of 3 tensors" or "a tuple (tensor, int)". */
std::string describe(const c10::IValue &answer)
{
    std::ostringstream text;
    const char *separator = "";
    if (answer.isList()) {
        const auto items = answer.toListRef();
        text << "a list of " << items.size() << (answer.isTensorList() ? " tensors" : " values");
    } else if (answer.isTuple()) {
        text << "a tuple (";
        for (const auto &item : answer.toTupleRef().elements()) {
            text << separator << kind_of(item);
            separator = ", ";
        }
        text << ")";
    } else if (answer.isGenericDict()) {
        text << "a dict {";
        for (const auto &entry : answer.toGenericDict()) {
            text << separator << entry.key() << ": " << kind_of(entry.value());
            separator = ", ";
        }
        text << "}";
    } else if (answer.isNone()) {
        text << "None";
    } else {
        text << "a value of type " << answer.type()->str();
    }
    return text.str();
}

[[noreturn]] void refuse(const c10::IValue &answer)
{
    throw Failure{BINET_INVALID_DATA, "model",
                  "the model gave " + describe(answer) +
                      "; allowed: a tensor of logits, a tuple (logits, features), or a dict with the key \"logits\" "
                      "and, optionally, \"features\""};
}

c10::IValue entry(const c10::IValue &answer, const char *key)
{
    // The keys of a dict all have one type: where that is another one, not even a look-up is possible.
    const auto dict = answer.toGenericDict();
    if (*dict.keyType() != *c10::StringType::get()) {
        return {};
    }
    const auto found = dict.find(key);
    return found == dict.end() ? c10::IValue() : found->value();
}

} // namespace

Outputs take_apart(const c10::IValue &answer)
{
    c10::IValue logits;
    c10::IValue features;
    if (answer.isTensor()) {
        logits = answer;
    } else if (answer.isTuple() && answer.toTupleRef().elements().size() == 2) {
        logits = answer.toTupleRef().elements()[0];
        features = answer.toTupleRef().elements()[1];
    } else if (answer.isGenericDict()) {
        logits = entry(answer, "logits");
        features = entry(answer, "features");
    }
    if (!logits.isTensor() || (!features.isNone() && !features.isTensor())) {
        refuse(answer);
    }
    return {logits.toTensor().to(at::kCPU), features.isTensor() ? features.toTensor().to(at::kCPU) : at::Tensor()};
}

binet_array view(const at::Tensor &tensor, const char *name)
{
    binet_array array{};
    switch (tensor.scalar_type()) {
    case at::kHalf:
        array.dtype = BINET_F16;
        break;
    case at::kBFloat16:
        array.dtype = BINET_BF16;
        break;
    case at::kFloat:
        array.dtype = BINET_F32;
        break;
    case at::kDouble:
        array.dtype = BINET_F64;
        break;
    default:
        break;
    }
    if (array.dtype == 0 || tensor.dim() != 2 || tensor.layout() != at::kStrided) {
        std::ostringstream text;
        text << "the model gave " << name << " of shape " << tensor.sizes() << " and type "
             << at::toString(tensor.scalar_type()) << ", " << tensor.layout()
             << "; allowed: a dense tensor with 2 axes of type Half, BFloat16, Float or Double";
        throw Failure{BINET_INVALID_DATA, "model", text.str()};
    }
    array.data = tensor.const_data_ptr();
    array.ndim = 2;
    for (int axis = 0; axis < 2; axis++) {
        array.shape[axis] = tensor.size(axis);
        array.strides[axis] = tensor.stride(axis) * tensor.element_size();
    }
    return array;
}

} // namespace binet_torch
