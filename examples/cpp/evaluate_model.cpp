// A TorchScript model and a folder of images in, accuracy and calibration out, with RAII over the C interface.
//
//      evaluate_model_cpp model.pt images/ [predictions.csv]
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#include <binet/binet.h>
#include <binet/torch.h>

namespace
{

// Calls that fail throw; what the last argument says becomes the text.
template <class Function, class... Arguments> void call(Function function, Arguments... arguments)
{
    binet_error error{};
    if (function(arguments..., &error) != BINET_OK) {
        throw std::runtime_error(std::string(binet_status_name(error.status)) + ": " + error.message);
    }
}

// An owner for each kind of object: the deleter is part of the type.
template <auto Destroy> struct Deleter {
    template <class Object> void operator()(Object *object) const
    {
        Destroy(object);
    }
};
template <class Object, auto Destroy> using Owner = std::unique_ptr<Object, Deleter<Destroy>>;

using Pool = Owner<binet_thread_pool, binet_thread_pool_destroy>;
using Context = Owner<binet_context, binet_context_destroy>;
using Images = Owner<binet_image_list, binet_image_list_destroy>;
using Predictions = Owner<binet_predictions, binet_predictions_destroy>;

// What a call gives through a pointer, owned: make<Pool>(binet_thread_pool_create, 0).
template <class Owned, class Function, class... Arguments> Owned make(Function function, Arguments... arguments)
{
    typename Owned::element_type *made = nullptr;
    call(function, arguments..., &made);
    return Owned(made);
}

struct Model : binet_model {
    explicit Model(const char *path) : binet_model{}
    {
        struct_size = sizeof(binet_model);
        call(binet_torch_model_load, path, nullptr, static_cast<binet_model *>(this));
    }
    Model(const Model &) = delete;
    Model &operator=(const Model &) = delete;
    ~Model()
    {
        free(self);
    }
};

Context make_context(binet_thread_pool *pool)
{
    const binet_executor executor = binet_thread_pool_executor(pool);
    binet_context_options options{};
    options.struct_size = sizeof options;
    options.executor = &executor;
    return make<Context>(binet_context_create, &options);
}

void evaluate(const char *model_path, const char *images_path, const char *csv_path)
{
    const auto pool = make<Pool>(binet_thread_pool_create, 0);
    const auto context = make_context(pool.get());
    const auto images = make<Images>(binet_image_list_open, context.get(), images_path, nullptr);
    const Model model(model_path);
    const auto predictions = make<Predictions>(binet_evaluate, context.get(), &model, images.get(), nullptr, nullptr);
    if (csv_path != nullptr) {
        call(binet_predictions_write_csv, context.get(), predictions.get(), csv_path);
    }
    binet_accuracy_result accuracy{};
    accuracy.struct_size = sizeof accuracy;
    call(binet_accuracy, context.get(), predictions.get(), nullptr, &accuracy);
    binet_calibration_result calibration{};
    calibration.struct_size = sizeof calibration;
    call(binet_calibration, context.get(), predictions.get(), nullptr, &calibration);
    std::printf("images    %lld\naccuracy  %.4f  (95 %%: %.4f .. %.4f)\nECE       %.4f\n",
                static_cast<long long>(accuracy.n), accuracy.value, accuracy.low, accuracy.high, calibration.ece);
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 4) {
        std::fprintf(stderr, "usage: evaluate_model_cpp MODEL IMAGES [OUT.csv]\n");
        return 2;
    }
    try {
        evaluate(argv[1], argv[2], argc == 4 ? argv[3] : nullptr);
        return 0;
    } catch (const std::exception &exception) {
        std::fprintf(stderr, "%s\n", exception.what());
        return 1;
    }
}
