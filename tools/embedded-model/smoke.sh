#!/bin/sh
# Runs a few steps of every stage on tiny sizes: proves that the stages fit together, not that they learn.
# Usage: [PYTHON=python3] smoke.sh [WORDS], a list of English words, one a line. Takes about two minutes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
words=${1:-/usr/share/dict/american-english-small}
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
export OPENBLAS_NUM_THREADS=1

cd "$here/render"
node --import tsx generate.ts "$data/train" --count 200 --shard 100 --size 32 --two-share 0.1
node --import tsx generate.ts "$data/judge" --count 200 --shard 100 --size 32 --vocabulary everything --two-share 0.1

cd "$here/train"
python() { "${PYTHON:-python3}" "$@"; }
target='--target tiny'
python -m unittest discover -s "$here/../../tests/tools"
python show_pictures.py "$data/pictures.png" --data "$data/train" --twos
python show_pictures.py "$data/masks.png" --data "$data/train" --masks
python train_tokenizer.py "$data/tokenizer" $target --data "$data/train" --words "$words"
python train_autoencoder.py "$data/vae" $target --data "$data/train" --test "$data/train" --steps 4 --batch 1
python latents.py "$data/latents.npz" $target --data "$data/train" --autoencoder "$data/vae"
python train_evaluators.py "$data/judging" --out "$data/evaluators" --data "$data/judge" --steps 3 --batch 4
denoise() {
  python train_denoiser.py "$data/base" $target --data "$data/train" --latents "$data/latents.npz" \
    --tokenizer "$data/tokenizer" --words "$words" --batch 2 --steps "$1"
}
denoise 3
denoise 6
python samples.py "$data/base" $target --data "$data/train" --autoencoder "$data/vae" --tokenizer "$data/tokenizer" \
  --sheet "$data/sheet.png" --evaluators "$data/evaluators/attributes" --count 4 --steps 2
python export.py "$data/model" $target --run "$data/base" --autoencoder "$data/vae" --data "$data/train" \
  --tokenizer "$data/tokenizer"
echo "smoke: every stage ran"
