#include "binet/torch.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include <ATen/Parallel.h>
#include <torch/script.h>

#include "outputs.h"
#include "wall.h"

namespace binet_torch
{

namespace
{

struct Model {
    torch::jit::Module module;
    at::Device device;
    at::ScalarType dtype;
    Outputs outputs; ///< kept until the next run: the caller looks at them
};

constexpr uint32_t largest_struct = 4096; ///< more is memory that was never set, as in libbinet

binet_torch_options read(const binet_torch_options *given)
{
    binet_torch_options options{};
    if (given == nullptr) {
        return options;
    }
    if (given->struct_size < sizeof given->struct_size || given->struct_size > largest_struct) {
        throw Failure{BINET_INVALID_ARGUMENT, "options",
                      "options->struct_size is " + std::to_string(given->struct_size) + "; set it to sizeof *options"};
    }
    const auto *bytes = reinterpret_cast<const unsigned char *>(given);
    for (std::size_t i = sizeof options; i < given->struct_size; i++) {
        if (bytes[i] != 0) {
            throw Failure{BINET_UNSUPPORTED, "options",
                          "options has a field at byte " + std::to_string(i) + " that libbinet_torch " +
                              BINET_VERSION_STRING + " does not know"};
        }
    }
    std::memcpy(&options, given, std::min<std::size_t>(given->struct_size, sizeof options));
    if (options.n_threads < 0) {
        throw Failure{BINET_INVALID_ARGUMENT, "options",
                      "options->n_threads is " + std::to_string(options.n_threads) + "; allowed: >= 1, or 0"};
    }
    if (options.reserved != 0) {
        throw Failure{BINET_INVALID_ARGUMENT, "options",
                      "options->reserved is " + std::to_string(options.reserved) + ", not 0"};
    }
    return options;
}

at::ScalarType dtype_of(int32_t dtype)
{
    switch (dtype) {
    case 0:
    case BINET_F32:
        return at::kFloat;
    case BINET_F16:
        return at::kHalf;
    case BINET_BF16:
        return at::kBFloat16;
    case BINET_F64:
        return at::kDouble;
    default:
        throw Failure{BINET_INVALID_ARGUMENT, "options",
                      "options->dtype is " + std::to_string(dtype) +
                          "; allowed: BINET_F32, BINET_F16, BINET_BF16, BINET_F64, or 0"};
    }
}

at::Device device_of(const char *name)
{
    const std::string text = name != nullptr ? name : "cpu";
    try {
        at::Device device(text);
        at::empty({1}, device);
        return device;
    } catch (const c10::Error &exception) {
        throw Failure{BINET_UNSUPPORTED, "options", "no device '" + text + "' here: " + text_of(exception)};
    }
}

void check_readable(const std::string &path)
{
    std::FILE *file = std::fopen(path.c_str(), "rb");
    const bool readable = file != nullptr && (std::fgetc(file) != EOF || std::ferror(file) == 0);
    const int code = errno;
    if (file != nullptr) {
        (void)std::fclose(file);
    }
    if (!readable) {
        throw Failure{BINET_IO, "path", "cannot read '" + path + "': " + std::strerror(code)};
    }
}

torch::jit::Module load_module(const std::string &path)
{
    check_readable(path);
    try {
        return torch::jit::load(path, at::kCPU);
    } catch (const std::bad_alloc &) {
        throw;
    } catch (const std::exception &exception) {
        throw Failure{
            BINET_INVALID_DATA, "path",
            "'" + path + "' is not a model that libtorch can run (save it with torch.jit.save): " + text_of(exception)};
    }
}

/** Module::to(dtype) would also turn integer buffers, such as tables of indices, into floats. */
void convert(const at::Tensor &tensor, at::ScalarType dtype, at::Device device)
{
    const at::ScalarType kept = tensor.is_floating_point() ? dtype : tensor.scalar_type();
    tensor.set_data(tensor.detach().to(device, kept));
}

/** Fold what is constant in evaluation mode, such as batch normalisation into convolutions. In half precision that
 * would round the weights once more. */
void optimize(Model &model)
{
    if (model.dtype == at::kFloat || model.dtype == at::kDouble) {
        try {
            model.module = torch::jit::freeze(model.module);
        } catch (const std::bad_alloc &) {
            throw;
        } catch (const std::exception &) {
            return; // not every model can be frozen; it runs as it is
        }
    }
}

std::unique_ptr<Model> load(const std::string &path, at::ScalarType dtype, at::Device device)
{
    const at::NoGradGuard no_grad;
    auto model = std::make_unique<Model>(Model{load_module(path), device, dtype, {}});
    for (const at::Tensor &tensor : model->module.parameters()) {
        convert(tensor, dtype, device);
    }
    for (const at::Tensor &tensor : model->module.buffers()) {
        convert(tensor, dtype, device);
    }
    model->module.eval();
    optimize(*model);
    return model;
}

void run_model(Model &model, const binet_array &batch, binet_model_outputs &outputs)
{
    const c10::InferenceMode inference;
    // libtorch has no tensor of const memory; a model that writes to its input spoils its own batch at most.
    const at::Tensor input = torch::from_blob(const_cast<void *>(batch.data),
                                              at::IntArrayRef(batch.shape, static_cast<std::size_t>(batch.ndim)),
                                              at::TensorOptions().dtype(at::kFloat));
    model.outputs = {};
    model.outputs = take_apart(model.module.forward({input.to(model.device, model.dtype)}));
    outputs.logits = view(model.outputs.logits, "logits");
    if (outputs.want_features != 0 && model.outputs.features.defined()) {
        outputs.features = view(model.outputs.features, "features");
    }
}

binet_status run(void *self, const binet_array *batch, binet_model_outputs *outputs, binet_error *error)
{
    return wall("model", error, [&] { run_model(*static_cast<Model *>(self), *batch, *outputs); });
}

void release(void *self)
{
    delete static_cast<Model *>(self);
}

} // namespace

} // namespace binet_torch

binet_status binet_torch_model_load(const char *path, const binet_torch_options *options, binet_model *model,
                                    binet_error *error)
{
    using namespace binet_torch;
    return wall("path", error, [&] {
        if (path == nullptr || model == nullptr) {
            const char *argument = path == nullptr ? "path" : "model";
            throw Failure{BINET_INVALID_ARGUMENT, argument, std::string(argument) + " is NULL"};
        }
        // Without room for `free` nobody could release the model.
        if (model->struct_size < offsetof(binet_model, free) + sizeof model->free) {
            throw Failure{BINET_INVALID_ARGUMENT, "model",
                          "model->struct_size is " + std::to_string(model->struct_size) + "; set it to sizeof *model"};
        }
        const binet_torch_options given = read(options);
        const at::ScalarType dtype = dtype_of(given.dtype);
        if (given.n_threads > 0) {
            at::set_num_threads(given.n_threads);
        }
        auto loaded = load(path, dtype, device_of(given.device));
        binet_model made{};
        made.struct_size = model->struct_size;
        made.run = run;
        made.free = release;
        made.self = loaded.release();
        std::memcpy(model, &made, std::min<std::size_t>(model->struct_size, sizeof made));
    });
}
