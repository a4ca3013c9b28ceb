#include "volume/dicom_module.hpp"

#include "frame/error.hpp"
#include "frame/module.hpp"

namespace framepipe {
namespace {

Dicom* load() {
#ifdef FRAMEPIPE_DICOM
    return reinterpret_cast<Dicom* (*)()>(load_module({"gdcm.so", "framepipe_dicom", "GDCM", "libgdcm3.0"}))();
#else
    throw Error("it is DICOM, and this framepipe was built without it (FRAMEPIPE_DICOM)");
#endif
}

}  // namespace

Dicom& dicom() {
    static Dicom* const module = load();
    return *module;
}

}  // namespace framepipe
